// RUN: vitc-opt --kernel-set-target=cpu=x86-64-v3 --convert-vit-to-kernel --kernel-schedule --split-input-file %s | FileCheck %s --check-prefixes=CHECK,AVX2
// RUN: vitc-opt --kernel-set-target=cpu=x86-64-v4 --convert-vit-to-kernel --kernel-schedule --split-input-file %s | FileCheck %s --check-prefixes=CHECK,AVX512
// RUN: not vitc-opt --kernel-set-target=cpu=i86 --convert-vit-to-kernel --kernel-schedule %s 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// UNKNOWN: error: {{.*}}unknown CPU 'i86'

// A layer of an MLP: exact row tiles, epilogues, a result that the function returns is computed in its place.
// CHECK-DAG: %[[W1:.*]] = vit.weight "w1"
// CHECK-DAG: kernel.pack @w1 panels<16 x f32 interleave 1> %[[W1]] group 768 : tensor<768x192xf32> -> memref<48x192x16xf32>
// CHECK-DAG: %[[B1:.*]] = vit.weight "b1"
// CHECK-DAG: %[[B2:.*]] = vit.weight_reshape %[[B1]] : (tensor<768xf32>) -> tensor<768x1xf32>
// CHECK-DAG: kernel.pack @b1 panels<16 x f32 interleave 1> %[[B2]] group 768 : tensor<768x1xf32> -> memref<48x1x16xf32>
// CHECK-DAG: kernel.pack @w2 panels<16 x f32 interleave 1> %{{.*}} group 192 : tensor<192x768xf32> -> memref<12x768x16xf32>
// CHECK-LABEL: func.func @mlp(
// CHECK-SAME: %[[X:[^:]*]]: memref<197x192xf32>, %[[OUT:[^:]*]]: memref<197x192xf32>
func.func @mlp(%x: tensor<197x192xf32>) -> tensor<197x192xf32> {
  // CHECK-DAG: %[[P1:.*]] = kernel.weight @weights::@w1 : memref<48x192x16xf32>
  %w1 = vit.weight "w1" : tensor<768x192xf32>
  // CHECK-DAG: %[[PB:.*]] = kernel.weight @weights::@b1 : memref<48x1x16xf32>
  %b1 = vit.weight "b1" : tensor<768xf32>
  // CHECK: %[[H:.*]] = kernel.buffer : memref<197x768xf32, strided<[768, 1]>>
  // CHECK: kernel.linear %[[X]], %[[P1]] bias %[[PB]] into %[[H]] activation gelu
  // AVX2-SAME: schedule <rows <32 x 6 + 1 x 5> panels 1
  // AVX512-SAME: schedule <rows <2 x 14 + 13 x 13> panels 2
  %h = vit.fused_linear %x, %w1 bias %b1 activation gelu : (tensor<197x192xf32>, tensor<768x192xf32>, tensor<768xf32>) -> tensor<197x768xf32>
  // CHECK: %[[P2:.*]] = kernel.weight @weights::@w2 : memref<12x768x16xf32>
  // CHECK: kernel.linear %[[H]], %[[P2]] residual %[[X]] into %[[OUT]] activation none
  %w2 = vit.weight "w2" : tensor<192x768xf32>
  %y = vit.fused_linear %h, %w2 residual %x : (tensor<197x768xf32>, tensor<192x768xf32>, tensor<197x192xf32>) -> tensor<197x192xf32>
  // CHECK-NEXT: return
  return %y : tensor<197x192xf32>
}

// -----

// One row: wider tiles. Rows of a buffer are padded to whole panels; a depth that four does not divide is not unrolled.
// CHECK: kernel.pack @w panels<16 x f32 interleave 1> %{{.*}} group 1000 : tensor<1000x30xf32> -> memref<63x30x16xf32>
// CHECK-LABEL: func.func @head(
// CHECK-SAME: %[[X:[^:]*]]: memref<1x30xf32>
func.func @head(%x: tensor<1x30xf32>) -> tensor<1x7xf32> {
  %w = vit.weight "w" : tensor<1000x30xf32>
  // CHECK: %[[P:.*]] = kernel.weight @weights::@w : memref<63x30x16xf32>
  // CHECK: %[[Y:.*]] = kernel.buffer : memref<1x1000xf32, strided<[1008, 1]>>
  // CHECK: kernel.linear %[[X]], %[[P]] into %[[Y]] activation none schedule <rows <1 x 1 + 0 x 0> panels 4 tiles_per_task 1 k_block 32 k_unroll 1>
  %y = vit.linear %x, %w : (tensor<1x30xf32>, tensor<1000x30xf32>) -> tensor<1x1000xf32>
  %w2 = vit.weight "w2" : tensor<7x1000xf32>
  // Fewer panels than the widest tile has.
  // CHECK: kernel.linear %[[Y]], %{{.*}} activation none schedule <rows <1 x 1 + 0 x 0> panels 1 tiles_per_task 1 k_block 252 k_unroll 4>
  %z = vit.linear %y, %w2 : (tensor<1x1000xf32>, tensor<7x1000xf32>) -> tensor<1x7xf32>
  return %z : tensor<1x7xf32>
}

// -----

// Rows whose stride would be a multiple of 2 KiB are spread over cache sets.
// CHECK-LABEL: func.func @stride(
func.func @stride(%x: tensor<6x64xf32>) -> tensor<6x64xf32> {
  %w = vit.weight "w" : tensor<512x64xf32>
  // CHECK: kernel.buffer : memref<6x512xf32, strided<[528, 1]>>
  %y = vit.linear %x, %w : (tensor<6x64xf32>, tensor<512x64xf32>) -> tensor<6x512xf32>
  %w2 = vit.weight "w2" : tensor<64x512xf32>
  %z = vit.linear %y, %w2 : (tensor<6x512xf32>, tensor<64x512xf32>) -> tensor<6x64xf32>
  return %z : tensor<6x64xf32>
}

// -----

// A bias that is computed at run time is read as it lies, through a view.
// CHECK-LABEL: func.func @run_time_bias(
// CHECK-SAME: %[[X:[^:]*]]: memref<6x4xf32>, %[[P:[^:]*]]: memref<1x4xf32>
func.func @run_time_bias(%x: tensor<6x4xf32>, %p: tensor<1x4xf32>) -> tensor<6x20xf32> {
  %v = vit.weight "v" : tensor<20x4xf32>
  %w = vit.weight "w" : tensor<20x4xf32>
  // CHECK: kernel.linear %[[P]], %{{.*}} into %[[B:.*]] activation none
  // CHECK: %[[ROW:.*]] = kernel.view %[[B]] {{.*}} -> memref<20xf32, strided<[1]>>
  // CHECK: kernel.linear %[[X]], %{{.*}} bias %[[ROW]] into %{{.*}} activation relu
  %0 = vit.fused_linear %p, %v : (tensor<1x4xf32>, tensor<20x4xf32>) -> tensor<1x20xf32>
  %b = vit.reshape %0 : (tensor<1x20xf32>) -> tensor<20xf32>
  %y = vit.fused_linear %x, %w bias %b activation relu : (tensor<6x4xf32>, tensor<20x4xf32>, tensor<20xf32>) -> tensor<6x20xf32>
  return %y : tensor<6x20xf32>
}
