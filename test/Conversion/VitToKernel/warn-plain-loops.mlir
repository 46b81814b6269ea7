// RUN: vitc-opt --warn-plain-loops --split-input-file --verify-diagnostics %s

// One line for all steps, the largest kind first, what is below 0.1 % left out. The node is that of the largest step.
// expected-warning @+1 {{plain loops, without vectors and threads, do 60.0 % of the operations: softmax 35.0 % (layer.1.probabilities and 1 more), add 25.0 % (1 steps)}}
module {
  func.func @steps(%x: memref<5x100xf32>, %y: memref<5x32xf32>, %z: memref<5x32xf32>) {
    %w = vit.weight "w" : tensor<32x100xf32>
    %p = kernel.pack panels %w group 32 : tensor<32x100xf32> -> memref<2x100x16xf32>
    // 2 * 5 * 100 * 32
    kernel.linear %x, %p into %y activation none schedule <rows <1 x 5 + 0 x 0> panels 2 tiles_per_task 1 k_block 100 k_unroll 1> : memref<5x100xf32>, memref<2x100x16xf32>, memref<5x32xf32>
    kernel.compute "softmax" inputs 1(%y, %z) flops 8000 : memref<5x32xf32>, memref<5x32xf32> {
    ^bb0(%a: memref<5x32xf32>, %b: memref<5x32xf32>):
    } loc("layer.0.probabilities")
    kernel.compute "softmax" inputs 1(%y, %z) flops 20000 : memref<5x32xf32>, memref<5x32xf32> {
    ^bb0(%a: memref<5x32xf32>, %b: memref<5x32xf32>):
    } loc("layer.1.probabilities")
    kernel.compute "add" inputs 1(%y, %z) flops 19968 : memref<5x32xf32>, memref<5x32xf32> {
    ^bb0(%a: memref<5x32xf32>, %b: memref<5x32xf32>):
    }
    kernel.compute "scale" inputs 1(%y, %z) flops 32 : memref<5x32xf32>, memref<5x32xf32> {
    ^bb0(%a: memref<5x32xf32>, %b: memref<5x32xf32>):
    }
    kernel.compute "copy" inputs 1(%y, %z) flops 0 : memref<5x32xf32>, memref<5x32xf32> {
    ^bb0(%a: memref<5x32xf32>, %b: memref<5x32xf32>):
    }
    return
  }
}

// -----

// 1 % is none, nor is a model that only moves elements.
module {
  func.func @few(%x: memref<5x100xf32>, %y: memref<5x33xf32>, %z: memref<5x33xf32>) {
    %w = vit.weight "w" : tensor<33x100xf32>
    %p = kernel.pack panels %w group 33 : tensor<33x100xf32> -> memref<3x100x16xf32>
    // 2 * 5 * 100 * 33
    kernel.linear %x, %p into %y activation none schedule <rows <1 x 5 + 0 x 0> panels 2 tiles_per_task 1 k_block 100 k_unroll 1> : memref<5x100xf32>, memref<3x100x16xf32>, memref<5x33xf32>
    kernel.compute "softmax" inputs 1(%y, %z) flops 333 : memref<5x33xf32>, memref<5x33xf32> {
    ^bb0(%a: memref<5x33xf32>, %b: memref<5x33xf32>):
    }
    return
  }
}

// -----

module {
  func.func @moves(%y: memref<5x33xf32>, %z: memref<5x33xf32>) {
    kernel.compute "copy" inputs 1(%y, %z) flops 0 : memref<5x33xf32>, memref<5x33xf32> {
    ^bb0(%a: memref<5x33xf32>, %b: memref<5x33xf32>):
    }
    return
  }
}
