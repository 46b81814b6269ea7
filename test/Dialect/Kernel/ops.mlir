// RUN: vitc-opt %s | vitc-opt | FileCheck %s
// RUN: vitc-opt --mlir-print-op-generic %s | vitc-opt | FileCheck %s

// CHECK-LABEL: func.func @buffers(
func.func @buffers() {
  %w = vit.weight "w" : tensor<20x8xf32>
  // CHECK: kernel.pack panels %{{.*}} group 10 : tensor<20x8xf32> -> memref<2x8x16xf32>
  %panels = kernel.pack panels %w group 10 : tensor<20x8xf32> -> memref<2x8x16xf32>
  // CHECK: kernel.pack rows %{{.*}} at 128 : tensor<20x8xf32> -> memref<20x16xf32>
  %rows = kernel.pack rows %w at 128 : tensor<20x8xf32> -> memref<20x16xf32>
  // CHECK: kernel.buffer : memref<8x16xf32>
  %a = kernel.buffer : memref<8x16xf32>
  // CHECK: kernel.buffer at 64 : memref<8x10xf32, strided<[16, 1]>>
  %b = kernel.buffer at 64 : memref<8x10xf32, strided<[16, 1]>>
  // CHECK: kernel.scratch : memref<4x32xf32>
  %s = kernel.scratch : memref<4x32xf32>
  return
}

// CHECK-LABEL: func.func @steps(
// CHECK-SAME: %[[X:.*]]: memref<5x8xf32>, %[[IMAGE:.*]]: memref<3x4x8xf32>)
func.func @steps(%x: memref<5x8xf32>, %image: memref<3x4x8xf32>) {
  %w = vit.weight "w" : tensor<48x8xf32>
  %panels = kernel.pack panels %w group 8 : tensor<48x8xf32> -> memref<6x8x16xf32>
  %b = vit.weight "b" : tensor<48x1xf32>
  %bias = kernel.pack panels %b group 8 : tensor<48x1xf32> -> memref<6x1x16xf32>
  // CHECK: %[[HEADS:.*]] = kernel.buffer : memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>
  %heads = kernel.buffer : memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>
  // CHECK: kernel.linear %[[X]], %{{.*}} bias %{{.*}} into %[[HEADS]] activation none schedule <rows <1 x 3 + 1 x 2> panels 1 tiles_per_task 2 k_block 256 k_unroll 4> :
  kernel.linear %x, %panels bias %bias into %heads activation none schedule <rows <1 x 3 + 1 x 2> panels 1 tiles_per_task 2 k_block 256 k_unroll 4>
    : memref<5x8xf32>, memref<6x8x16xf32>, memref<6x1x16xf32>, memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>
  %t = vit.weight "t" : tensor<2x4x8xf32>
  %entries = kernel.pack rows %t : tensor<2x4x8xf32> -> memref<2x4x16xf32>
  // CHECK: kernel.rotary %[[HEADS]] by %{{.*}} interleaved into %[[HEADS]] :
  kernel.rotary %heads by %entries interleaved into %heads : memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, memref<2x4x16xf32>, memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>
  %keys = kernel.buffer : memref<2x1x8x16xf32>
  // CHECK: kernel.pack_keys %[[HEADS]][1] into %[[KEYS:.*]] :
  kernel.pack_keys %heads[1] into %keys : memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, memref<2x1x8x16xf32>
  %context = kernel.buffer : memref<5x16xf32>
  %scores = kernel.scratch : memref<3x16xf32>
  // CHECK: kernel.attention %[[HEADS]][0], %[[KEYS]], %[[HEADS]][2] into %[[CONTEXT:.*]] scratch %{{.*}} head_dim 8 keys 5 scale 5.000000e-01 schedule <rows <1 x 3 + 1 x 2> panels 1 tiles_per_task 2> :
  kernel.attention %heads[0], %keys, %heads[2] into %context scratch %scores head_dim 8 keys 5 scale 0.5 schedule <rows <1 x 3 + 1 x 2> panels 1 tiles_per_task 2>
    : memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, memref<2x1x8x16xf32>, memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, memref<5x16xf32>, memref<3x16xf32>
  %w2 = vit.weight "w2" : tensor<8x16xf32>
  %panels2 = kernel.pack panels %w2 group 8 : tensor<8x16xf32> -> memref<1x16x16xf32>
  %y = kernel.buffer : memref<5x8xf32, strided<[16, 1]>>
  // CHECK: kernel.linear %[[CONTEXT]], %{{.*}} residual %[[X]] into %[[Y:.*]] activation gelu schedule <rows <5 x 1 + 0 x 0> panels 1 tiles_per_task 1 k_block 256 k_unroll 1> :
  kernel.linear %context, %panels2 residual %x into %y activation gelu schedule <rows <5 x 1 + 0 x 0> panels 1 tiles_per_task 1 k_block 256 k_unroll 1>
    : memref<5x16xf32>, memref<1x16x16xf32>, memref<5x8xf32>, memref<5x8xf32, strided<[16, 1]>>
  %gamma = vit.weight "gamma" : tensor<8xf32>
  %g = kernel.pack rows %gamma : tensor<8xf32> -> memref<8xf32>
  // CHECK: kernel.layer_norm %[[Y]] weight %[[G:.*]] bias %[[G]] into %[[Y]] epsilon 5.000000e-01 rows_per_task 2 :
  kernel.layer_norm %y weight %g bias %g into %y epsilon 0.5 rows_per_task 2
    : memref<5x8xf32, strided<[16, 1]>>, memref<8xf32>, memref<8xf32>, memref<5x8xf32, strided<[16, 1]>>
  // CHECK: kernel.layer_norm %[[Y]] into %[[Y]] epsilon 5.000000e-01 rows_per_task 2 :
  kernel.layer_norm %y into %y epsilon 0.5 rows_per_task 2 : memref<5x8xf32, strided<[16, 1]>>, memref<5x8xf32, strided<[16, 1]>>
  // CHECK: kernel.layer_norm %[[Y]] into %[[Y]] epsilon 5.000000e-01 rows_per_task 2 {rms} :
  kernel.layer_norm %y into %y epsilon 0.5 rows_per_task 2 {rms} : memref<5x8xf32, strided<[16, 1]>>, memref<5x8xf32, strided<[16, 1]>>
  %pw = vit.weight "pw" : tensor<8x48xf32>
  %ppanels = kernel.pack panels %pw group 8 : tensor<8x48xf32> -> memref<1x48x16xf32>
  %add = vit.weight "add" : tensor<3x8xf32>
  %addend = kernel.pack rows %add : tensor<3x8xf32> -> memref<3x16xf32>
  %tokens = kernel.buffer : memref<3x8xf32, strided<[16, 1]>>
  // CHECK: kernel.patch_embedding %[[IMAGE]], %{{.*}}, %{{.*}} into %{{.*}} patch [4, 4] schedule <rows <1 x 2 + 0 x 0> panels 1> :
  kernel.patch_embedding %image, %ppanels, %addend into %tokens patch [4, 4] schedule <rows <1 x 2 + 0 x 0> panels 1>
    : memref<3x4x8xf32>, memref<1x48x16xf32>, memref<3x16xf32>, memref<3x8xf32, strided<[16, 1]>>
  // CHECK: kernel.compute "copy" inputs 1(%[[Y]], %[[X]]) flops 0 :
  // CHECK-NEXT: ^bb0(%[[FROM:.*]]: memref<5x8xf32, strided<[16, 1]>>, %[[TO:.*]]: memref<5x8xf32>):
  // CHECK-NEXT: linalg.copy ins(%[[FROM]] : memref<5x8xf32, strided<[16, 1]>>) outs(%[[TO]] : memref<5x8xf32>)
  kernel.compute "copy" inputs 1(%y, %x) flops 0 : memref<5x8xf32, strided<[16, 1]>>, memref<5x8xf32> {
  ^bb0(%from: memref<5x8xf32, strided<[16, 1]>>, %to: memref<5x8xf32>):
    linalg.copy ins(%from : memref<5x8xf32, strided<[16, 1]>>) outs(%to : memref<5x8xf32>)
  }
  // CHECK: kernel.launch "copy" @copy(%[[Y]], %[[X]]) tasks 3 flops 1 :
  kernel.launch "copy" @copy(%y, %x) tasks 3 flops 1 : memref<5x8xf32, strided<[16, 1]>>, memref<5x8xf32>
  return
}

func.func private @copy(index, memref<5x8xf32, strided<[16, 1]>>, memref<5x8xf32>)
