// RUN: vitc-opt --convert-vit-to-kernel %s | FileCheck %s

// Functions share weights: equal expressions are one, and packed once in each layout that is needed. Names are those of the first tensor.
// CHECK: kernel.weights @weights {
// CHECK-NEXT: %[[W:.*]] = vit.weight "w" : tensor<32x8xf32>
// CHECK-NEXT: %[[S:.*]] = vit.weight_scale %[[W]] by 5.0
// CHECK-NEXT: kernel.pack @w panels<16 x f32 interleave 1> %[[S]] group 32
// CHECK-NEXT: %[[V:.*]] = vit.weight "v" : tensor<8xf32>
// CHECK-NEXT: kernel.pack @v rows %[[V]]
// CHECK-NEXT: kernel.pack @w_0 panels<16 x f32 interleave 1> %[[W]] group 32
// CHECK-NEXT: kernel.pack @w_1 panels<16 x f32 interleave 1> %[[S]] group 16
// CHECK-NEXT: }

// CHECK-LABEL: func.func @a(
func.func @a(%x: tensor<5x8xf32>) -> tensor<5x32xf32> {
  %w = vit.weight "w" : tensor<32x8xf32>
  %s = vit.weight_scale %w by 0.5 : (tensor<32x8xf32>) -> tensor<32x8xf32>
  // CHECK: %[[W:.*]] = kernel.weight @weights::@w : memref<2x8x16xf32>
  // CHECK: kernel.linear %{{.*}}, %[[W]] into
  %y = vit.linear %x, %s : (tensor<5x8xf32>, tensor<32x8xf32>) -> tensor<5x32xf32>
  return %y : tensor<5x32xf32>
}

// CHECK-LABEL: func.func @b(
func.func @b(%x: tensor<7x8xf32>) -> (tensor<7x32xf32>, tensor<7x32xf32>, tensor<1x2x7x16xf32>) {
  %w = vit.weight "w" : tensor<32x8xf32>
  %s = vit.weight_scale %w by 0.5 : (tensor<32x8xf32>) -> tensor<32x8xf32>
  %v = vit.weight "v" : tensor<8xf32>
  // CHECK: kernel.map "add"
  %a = vit.add %x, %v : (tensor<7x8xf32>, tensor<8xf32>) -> tensor<7x8xf32>
  // CHECK: %[[S:.*]] = kernel.weight @weights::@w :
  // CHECK: kernel.linear %{{.*}}, %[[S]] into
  %y = vit.linear %a, %s : (tensor<7x8xf32>, tensor<32x8xf32>) -> tensor<7x32xf32>
  // CHECK: kernel.weight @weights::@w_0 :
  %z = vit.linear %a, %w : (tensor<7x8xf32>, tensor<32x8xf32>) -> tensor<7x32xf32>
  // CHECK: kernel.weight @weights::@w_1 :
  %h = vit.fused_head_projection %a, %s {num_heads = 2 : i64, parts = 1 : i64} : (tensor<7x8xf32>, tensor<32x8xf32>) -> tensor<1x2x7x16xf32>
  return %y, %z, %h : tensor<7x32xf32>, tensor<7x32xf32>, tensor<1x2x7x16xf32>
}
