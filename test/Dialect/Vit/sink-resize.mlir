// RUN: vitc-opt --pass-pipeline='builtin.module(func.func(vit-sink-resize{emit-remarks=true}))' --verify-diagnostics %s | FileCheck %s

// The head of a SegFormer: two layers that only the enlargement stood between are one, of few pixels.
// CHECK-LABEL: @head
func.func @head(%a: tensor<8x8x4xf32>, %b: tensor<2x2x6xf32>) -> tensor<8x8x5xf32> {
  %wb = vit.weight "wb" : tensor<16x6xf32>
  %bb = vit.weight "bb" : tensor<16xf32>
  %w = vit.weight "w" : tensor<5x20xf32>
  %bias = vit.weight "bias" : tensor<5xf32>
  // CHECK-DAG: %[[WA:.*]] = vit.weight_slice %[[W:.*]] dim 1 [0, 4]
  // CHECK-DAG: %[[WB:.*]] = vit.weight_slice %[[W]] dim 1 [4, 16]
  // CHECK-DAG: %[[JOINED:.*]] = vit.weight_matmul %[[WB]], %{{.*}} : (tensor<5x16xf32>, tensor<16x6xf32>) -> tensor<5x6xf32>
  // CHECK-DAG: %[[MOVED:.*]] = vit.weight_matvec %[[WB]], %{{.*}} : (tensor<5x16xf32>, tensor<16xf32>) -> tensor<5xf32>
  // CHECK-DAG: %[[SMALL:.*]] = vit.linear %arg1, %[[JOINED]], %[[MOVED]] : (tensor<2x2x6xf32>, tensor<5x6xf32>, tensor<5xf32>) -> tensor<2x2x5xf32>
  // CHECK-DAG: %[[LARGE:.*]] = vit.resize2d bilinear %[[SMALL]] size [8, 8]
  // CHECK-DAG: %[[PLAIN:.*]] = vit.linear %arg0, %[[WA]], %{{.*}} : (tensor<8x8x4xf32>, tensor<5x4xf32>, tensor<5xf32>)
  // CHECK: %[[SUM:.*]] = vit.add %[[PLAIN]], %[[LARGE]]
  // CHECK: return %[[SUM]]
  %0 = vit.linear %b, %wb, %bb : (tensor<2x2x6xf32>, tensor<16x6xf32>, tensor<16xf32>) -> tensor<2x2x16xf32>
  %1 = vit.resize2d bilinear %0 size [8, 8] : (tensor<2x2x16xf32>) -> tensor<8x8x16xf32>
  %2 = vit.concat %a, %1 dim 2 : (tensor<8x8x4xf32>, tensor<8x8x16xf32>) -> tensor<8x8x20xf32>
  // expected-remark @+1 {{computed for 4 pixels, which are then enlarged to 64}}
  %3 = vit.linear %2, %w, %bias : (tensor<8x8x20xf32>, tensor<5x20xf32>, tensor<5xf32>) -> tensor<8x8x5xf32>
  return %3 : tensor<8x8x5xf32>
}

// No match: a map that becomes smaller is projected then, and one that is hardly enlarged stays in the concatenation.
// CHECK-LABEL: @no_enlargement
func.func @no_enlargement(%a: tensor<8x8x4xf32>, %b: tensor<7x7x4xf32>) -> (tensor<4x4x5xf32>, tensor<8x8x5xf32>) {
  %w = vit.weight "w" : tensor<5x4xf32>
  %v = vit.weight "v" : tensor<5x8xf32>
  // CHECK: %[[S:.*]] = vit.resize2d bilinear %arg0
  // CHECK: vit.linear %[[S]]
  // CHECK: %[[L:.*]] = vit.resize2d bilinear %arg1
  // CHECK: %[[C:.*]] = vit.concat %arg0, %[[L]]
  // CHECK: vit.linear %[[C]]
  %0 = vit.resize2d bilinear %a size [4, 4] : (tensor<8x8x4xf32>) -> tensor<4x4x4xf32>
  %1 = vit.linear %0, %w : (tensor<4x4x4xf32>, tensor<5x4xf32>) -> tensor<4x4x5xf32>
  %2 = vit.resize2d bilinear %b size [8, 8] : (tensor<7x7x4xf32>) -> tensor<8x8x4xf32>
  %3 = vit.concat %a, %2 dim 2 : (tensor<8x8x4xf32>, tensor<8x8x4xf32>) -> tensor<8x8x8xf32>
  %4 = vit.linear %3, %v : (tensor<8x8x8xf32>, tensor<5x8xf32>) -> tensor<8x8x5xf32>
  return %1, %4 : tensor<4x4x5xf32>, tensor<8x8x5xf32>
}

// No match: an activation stands between, the enlarged map has another user, or two layers would have more products as one.
// CHECK-LABEL: @other_users
func.func @other_users(%b: tensor<2x2x6xf32>, %c: tensor<2x2x9xf32>) -> (tensor<8x8x5xf32>, tensor<8x8x6xf32>, tensor<8x8x5xf32>, tensor<2x2x9xf32>) {
  %w = vit.weight "w" : tensor<5x6xf32>
  %n = vit.weight "n" : tensor<2x9xf32>
  %m = vit.weight "m" : tensor<9x2xf32>
  // CHECK: %[[L:.*]] = vit.resize2d bilinear %arg0
  // CHECK: %[[A:.*]] = vit.activation relu %[[L]]
  // CHECK: vit.linear %[[A]]
  // CHECK: vit.linear %[[L]]
  // CHECK: vit.linear %arg1
  // CHECK: vit.linear
  %0 = vit.resize2d bilinear %b size [8, 8] : (tensor<2x2x6xf32>) -> tensor<8x8x6xf32>
  %1 = vit.activation relu %0 : (tensor<8x8x6xf32>) -> tensor<8x8x6xf32>
  %2 = vit.linear %1, %w : (tensor<8x8x6xf32>, tensor<5x6xf32>) -> tensor<8x8x5xf32>
  %3 = vit.linear %0, %w : (tensor<8x8x6xf32>, tensor<5x6xf32>) -> tensor<8x8x5xf32>
  %4 = vit.linear %c, %n : (tensor<2x2x9xf32>, tensor<2x9xf32>) -> tensor<2x2x2xf32>
  %5 = vit.linear %4, %m : (tensor<2x2x2xf32>, tensor<9x2xf32>) -> tensor<2x2x9xf32>
  return %2, %0, %3, %5 : tensor<8x8x5xf32>, tensor<8x8x6xf32>, tensor<8x8x5xf32>, tensor<2x2x9xf32>
}
