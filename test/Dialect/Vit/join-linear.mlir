// RUN: vitc-opt --vit-join-linear %s | FileCheck %s

// A projection of tokens, and one of the map that they are.
// CHECK-LABEL: @join
func.func @join(%x: tensor<4x6xf32>) -> tensor<2x2x5xf32> {
  %w1 = vit.weight "w1" : tensor<16x6xf32>
  %b1 = vit.weight "b1" : tensor<16xf32>
  %w2 = vit.weight "w2" : tensor<5x16xf32>
  %b2 = vit.weight "b2" : tensor<5xf32>
  // CHECK-DAG: %[[W:.*]] = vit.weight_matmul %[[W2:.*]], %{{.*}} : (tensor<5x16xf32>, tensor<16x6xf32>) -> tensor<5x6xf32>
  // CHECK-DAG: %[[M:.*]] = vit.weight_matvec %[[W2]], %{{.*}} : (tensor<5x16xf32>, tensor<16xf32>) -> tensor<5xf32>
  // CHECK-DAG: %[[B:.*]] = vit.weight_add %{{.*}}, %[[M]]
  // CHECK: %[[Y:.*]] = vit.linear %arg0, %[[W]], %[[B]] : (tensor<4x6xf32>, tensor<5x6xf32>, tensor<5xf32>) -> tensor<4x5xf32>
  // CHECK-NEXT: %[[R:.*]] = vit.reshape %[[Y]]
  // CHECK-NEXT: return %[[R]]
  %0 = vit.linear %x, %w1, %b1 : (tensor<4x6xf32>, tensor<16x6xf32>, tensor<16xf32>) -> tensor<4x16xf32>
  %1 = vit.reshape %0 : (tensor<4x16xf32>) -> tensor<2x2x16xf32>
  %2 = vit.linear %1, %w2, %b2 : (tensor<2x2x16xf32>, tensor<5x16xf32>, tensor<5xf32>) -> tensor<2x2x5xf32>
  return %2 : tensor<2x2x5xf32>
}

// No match: another user, more products, or features that a reshape cuts.
// CHECK-LABEL: @no_match
func.func @no_match(%x: tensor<4x9xf32>) -> (tensor<4x5xf32>, tensor<4x6xf32>, tensor<4x9xf32>, tensor<8x5xf32>) {
  %w = vit.weight "w" : tensor<6x9xf32>
  %v = vit.weight "v" : tensor<5x6xf32>
  %n = vit.weight "n" : tensor<2x9xf32>
  %m = vit.weight "m" : tensor<9x2xf32>
  %h = vit.weight "h" : tensor<5x3xf32>
  // CHECK-NOT: weight_matmul
  %0 = vit.linear %x, %w : (tensor<4x9xf32>, tensor<6x9xf32>) -> tensor<4x6xf32>
  %1 = vit.linear %0, %v : (tensor<4x6xf32>, tensor<5x6xf32>) -> tensor<4x5xf32>
  %2 = vit.linear %x, %n : (tensor<4x9xf32>, tensor<2x9xf32>) -> tensor<4x2xf32>
  %3 = vit.linear %2, %m : (tensor<4x2xf32>, tensor<9x2xf32>) -> tensor<4x9xf32>
  %4 = vit.linear %x, %w : (tensor<4x9xf32>, tensor<6x9xf32>) -> tensor<4x6xf32>
  %5 = vit.reshape %4 : (tensor<4x6xf32>) -> tensor<8x3xf32>
  %6 = vit.linear %5, %h : (tensor<8x3xf32>, tensor<5x3xf32>) -> tensor<8x5xf32>
  return %1, %0, %3, %6 : tensor<4x5xf32>, tensor<4x6xf32>, tensor<4x9xf32>, tensor<8x5xf32>
}

// A single number has no features.
// CHECK-LABEL: @rank_zero
func.func @rank_zero(%x: tensor<f32>) -> tensor<1x5xf32> {
  %w = vit.weight "w" : tensor<5x1xf32>
  // CHECK: vit.reshape %arg0
  // CHECK-NEXT: vit.linear
  %0 = vit.reshape %x : (tensor<f32>) -> tensor<1x1xf32>
  %1 = vit.linear %0, %w : (tensor<1x1xf32>, tensor<5x1xf32>) -> tensor<1x5xf32>
  return %1 : tensor<1x5xf32>
}

// A bias that is computed at run time: behind, the other is added to it; before, there is no product with it.
// CHECK-LABEL: @run_time_bias(
// CHECK-SAME: %[[X:.*]]: tensor<4x6xf32>, %[[C:.*]]: tensor<16xf32>, %[[B:.*]]: tensor<5xf32>)
func.func @run_time_bias(%x: tensor<4x6xf32>, %c: tensor<16xf32>, %b: tensor<5xf32>) -> (tensor<4x5xf32>, tensor<4x5xf32>) {
  %w1 = vit.weight "w1" : tensor<16x6xf32>
  %b1 = vit.weight "b1" : tensor<16xf32>
  %w2 = vit.weight "w2" : tensor<5x16xf32>
  // CHECK: %[[M:.*]] = vit.weight_matvec
  // CHECK: %[[S:.*]] = vit.add %[[B]], %[[M]]
  // CHECK: vit.linear %[[X]], %{{.*}}, %[[S]] : (tensor<4x6xf32>, tensor<5x6xf32>, tensor<5xf32>)
  %0 = vit.linear %x, %w1, %b1 : (tensor<4x6xf32>, tensor<16x6xf32>, tensor<16xf32>) -> tensor<4x16xf32>
  %1 = vit.linear %0, %w2, %b : (tensor<4x16xf32>, tensor<5x16xf32>, tensor<5xf32>) -> tensor<4x5xf32>
  // CHECK: %[[L:.*]] = vit.linear %[[X]], %{{.*}}, %[[C]]
  // CHECK: vit.linear %[[L]]
  %2 = vit.linear %x, %w1, %c : (tensor<4x6xf32>, tensor<16x6xf32>, tensor<16xf32>) -> tensor<4x16xf32>
  %3 = vit.linear %2, %w2, %b : (tensor<4x16xf32>, tensor<5x16xf32>, tensor<5xf32>) -> tensor<4x5xf32>
  return %1, %3 : tensor<4x5xf32>, tensor<4x5xf32>
}
