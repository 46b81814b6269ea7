// RUN: vitc-opt --warn-slow-steps --split-input-file --verify-diagnostics %s

// One line for all steps; the node is that of the largest one. 2*64*4*2 and 2*64*8*2 beside 2*5*100*32 operations.
// expected-warning @+1 {{convolutions in groups of few outputs, which leave vectors empty, do 8.8 % of the operations: stem.1 and 1 more}}
module {
  func.func @steps(%x: memref<8x8x4xf32>, %y: memref<8x8x8xf32>, %z: memref<8x8x4xf32>, %a: memref<5x100xf32>, %b: memref<5x32xf32>) {
    %p = kernel.weight @weights::@p : memref<2x100x16xf32>
    %f = kernel.weight @weights::@f : memref<1x1x2x16xf32>
    kernel.linear %a, %p into %b activation none schedule <rows <1 x 5 + 0 x 0> panels 2 tiles_per_task 1 k_block 100 k_unroll 1> : memref<5x100xf32>, memref<2x100x16xf32>, memref<5x32xf32>
    kernel.conv2d %x, %f into %z stride [1, 1] padding [0, 0, 0, 0] dilation [1, 1] groups 2 activation none pixels 6 : memref<8x8x4xf32>, memref<1x1x2x16xf32>, memref<8x8x4xf32> loc("stem.0")
    kernel.conv2d %x, %f into %y stride [1, 1] padding [0, 0, 0, 0] dilation [1, 1] groups 2 activation none pixels 6 : memref<8x8x4xf32>, memref<1x1x2x16xf32>, memref<8x8x8xf32> loc("stem.1")
    return
  }
  kernel.weights @weights {
    %w = vit.weight "w" : tensor<32x100xf32>
    kernel.pack @p panels<16 x f32 interleave 1> %w group 32 : tensor<32x100xf32> -> memref<2x100x16xf32>
    %v = vit.weight "v" : tensor<1x1x2x16xf32>
    kernel.pack @f rows %v : tensor<1x1x2x16xf32> -> memref<1x1x2x16xf32>
  }
}

// -----

// Without a name, their number.
// expected-warning @+1 {{which leave vectors empty, do 100.0 % of the operations: 1 steps}}
module {
  func.func @unnamed(%x: memref<8x8x4xf32>, %y: memref<8x8x4xf32>, %f: memref<1x1x2x16xf32>) {
    kernel.conv2d %x, %f into %y stride [1, 1] padding [0, 0, 0, 0] dilation [1, 1] groups 2 activation none pixels 6 : memref<8x8x4xf32>, memref<1x1x2x16xf32>, memref<8x8x4xf32>
    return
  }
}

// -----

// One group, groups of half a panel or more, one input for each output: their vectors are full enough. So are those of all other steps.
module {
  func.func @fast(%x: memref<8x8x4xf32>, %y: memref<8x8x4xf32>, %z: memref<8x8x16xf32>, %one: memref<1x1x4x16xf32>, %two: memref<1x1x2x16xf32>, %each: memref<1x1x1x16xf32>) {
    kernel.conv2d %x, %one into %y stride [1, 1] padding [0, 0, 0, 0] dilation [1, 1] groups 1 activation none pixels 6 : memref<8x8x4xf32>, memref<1x1x4x16xf32>, memref<8x8x4xf32>
    kernel.conv2d %x, %two into %z stride [1, 1] padding [0, 0, 0, 0] dilation [1, 1] groups 2 activation none pixels 6 : memref<8x8x4xf32>, memref<1x1x2x16xf32>, memref<8x8x16xf32>
    kernel.conv2d %x, %each into %y stride [1, 1] padding [0, 0, 0, 0] dilation [1, 1] groups 4 activation none pixels 6 : memref<8x8x4xf32>, memref<1x1x1x16xf32>, memref<8x8x4xf32>
    kernel.softmax %x into %y rows_per_task 64 : memref<8x8x4xf32>, memref<8x8x4xf32>
    return
  }
}
