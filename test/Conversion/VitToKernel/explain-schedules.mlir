// RUN: vitc-opt --kernel-set-target=cpu=x86-64-v4 --explain-schedules %s -o /dev/null 2>&1 | FileCheck %s

// Steps of one kind are told once.
// CHECK: remark: 5 x 1000 by 2 panels: 1 tiles of 5 rows x 32 columns: 10 accumulators in 32 registers of 512 bits, 0.70 loads for a multiply-add; sums in blocks of 252; the input's 19 KiB in one block, L2 has 1024 KiB; 1 tasks (2 steps)
// CHECK: remark: 5 x 32 by 2 panels: 1 tiles of 3 rows and 1 of 2 x 16 columns: 3 accumulators in 32 registers of 512 bits, 1.33 loads for a multiply-add; the input's 0 KiB in 2 blocks, L2 has 1024 KiB; 4 tasks
// CHECK: remark: 2 products of 5 x 16: 1 tiles of 5 rows x 16 columns: 5 accumulators in 32 registers of 512 bits, 1.20 loads for a multiply-add; 2 tasks
// CHECK: remark: convolution: 28 pixels x 16 outputs of one of 1 groups at a time; 8 tasks
// CHECK: remark: 3x3 convolution by Winograd's F(4x4, 3x3), 2.25 multiplications instead of 9 for an output, which rounds more (--winograd=off): 6 tiles x 32 by 3 panels: 1 tiles of 6 rows x 32 columns: 12 accumulators in 32 registers of 512 bits, 0.67 loads for a multiply-add; 6 tiles and 2 panels in each of 2 tasks
func.func @steps(%x: memref<5x1000xf32>, %y: memref<5x32xf32>, %z: memref<5x32xf32>) {
  %p = kernel.weight @weights::@p : memref<2x1000x16xf32>
  kernel.linear %x, %p into %y activation none schedule <rows <1 x 5 + 0 x 0> panels 2 tiles_per_task 1 k_block 252 k_unroll 1> : memref<5x1000xf32>, memref<2x1000x16xf32>, memref<5x32xf32>
  kernel.linear %x, %p into %z activation none schedule <rows <1 x 5 + 0 x 0> panels 2 tiles_per_task 1 k_block 252 k_unroll 1> : memref<5x1000xf32>, memref<2x1000x16xf32>, memref<5x32xf32>
  %q = kernel.weight @weights::@q : memref<2x32x16xf32>
  kernel.linear %y, %q into %z activation none schedule <rows <1 x 3 + 1 x 2> panels 1 tiles_per_task 1 k_block 32 k_unroll 4> : memref<5x32xf32>, memref<2x32x16xf32>, memref<5x32xf32>
  %l = kernel.buffer : memref<2x5x16xf32>
  %r = kernel.buffer : memref<2x1x16x16xf32>
  %m = kernel.buffer : memref<2x5x16xf32>
  kernel.matmul %l, %r into %m schedule <rows <1 x 5 + 0 x 0> panels 1 tiles_per_task 1 k_block 16 k_unroll 4> : memref<2x5x16xf32>, memref<2x1x16x16xf32>, memref<2x5x16xf32>
  %i = kernel.buffer : memref<8x8x4xf32>
  %f = kernel.buffer : memref<1x1x4x16xf32>
  %o = kernel.buffer : memref<8x8x4xf32>
  kernel.conv2d %i, %f into %o stride [1, 1] padding [0, 0, 0, 0] dilation [1, 1] groups 1 activation none pixels 28 : memref<8x8x4xf32>, memref<1x1x4x16xf32>, memref<8x8x4xf32>
  %t = kernel.weight @weights::@u : memref<3x1152x16xf32>
  %g = kernel.buffer : memref<8x12x32xf32>
  %h = kernel.buffer : memref<8x12x40xf32>
  %s = kernel.scratch : memref<6x36x64xf32>
  kernel.winograd_conv2d %g, %t into %h scratch %s padding [1, 1, 1, 1] tile 4 activation none schedule <rows <1 x 6 + 0 x 0> panels 2 tiles_per_task 1 k_block 32 k_unroll 1> panels_per_task 2 : memref<8x12x32xf32>, memref<3x1152x16xf32>, memref<8x12x40xf32>, memref<6x36x64xf32>
  return
}
kernel.weights @weights {
  %w = vit.weight "w" : tensor<32x1000xf32>
  kernel.pack @p panels<16 x f32 interleave 1> %w group 32 : tensor<32x1000xf32> -> memref<2x1000x16xf32>
  %v = vit.weight "v" : tensor<32x32xf32>
  kernel.pack @q panels<16 x f32 interleave 1> %v group 32 : tensor<32x32xf32> -> memref<2x32x16xf32>
  %c = vit.weight "c" : tensor<40x32x3x3xf32>
  %u = vit.weight_winograd %c tile 4 : (tensor<40x32x3x3xf32>) -> tensor<40x36x32xf32>
  %m = vit.weight_reshape %u : (tensor<40x36x32xf32>) -> tensor<40x1152xf32>
  kernel.pack @u panels<16 x f32 interleave 1> %m group 40 : tensor<40x1152xf32> -> memref<3x1152x16xf32>
}
