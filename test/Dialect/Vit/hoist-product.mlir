// RUN: vitc-opt --vit-hoist-product --split-input-file %s | FileCheck %s

// SegFormer's head: the maps that are enlarged are multiplied before, each with its own columns; the bias stays with the others.
// CHECK-LABEL: func.func @head(
// CHECK-SAME: %[[A:.*]]: tensor<8x8x4xf32>, %[[B:.*]]: tensor<4x4x3xf32>, %[[C:.*]]: tensor<2x2x5xf32>)
func.func @head(%a: tensor<8x8x4xf32>, %b: tensor<4x4x3xf32>, %c: tensor<2x2x5xf32>) -> tensor<8x8x6xf32> {
  %w = vit.weight "w" : tensor<6x12x1x1xf32>
  %bias = vit.weight "bias" : tensor<6xf32>
  // CHECK-DAG: %[[W:.*]] = vit.weight "w"
  // CHECK-DAG: %[[BIAS:.*]] = vit.weight "bias"
  // CHECK-DAG: %[[WC:.*]] = vit.weight_slice %[[W]] dim 1 [0, 5]
  // CHECK-DAG: %[[WB:.*]] = vit.weight_slice %[[W]] dim 1 [5, 3]
  // CHECK-DAG: %[[WA:.*]] = vit.weight_slice %[[W]] dim 1 [8, 4]
  // CHECK-DAG: %[[PC:.*]] = vit.conv2d %[[C]], %[[WC]] : {{.*}} -> tensor<2x2x6xf32>
  // CHECK-DAG: %[[RC:.*]] = vit.resize2d bilinear %[[PC]] size [8, 8]
  // CHECK-DAG: %[[PB:.*]] = vit.conv2d %[[B]], %[[WB]] : {{.*}} -> tensor<4x4x6xf32>
  // CHECK-DAG: %[[RB:.*]] = vit.resize2d bilinear_corners %[[PB]] size [8, 8]
  // CHECK-DAG: %[[S:.*]] = vit.add %[[RC]], %[[RB]]
  // CHECK: %[[PA:.*]] = vit.conv2d %[[A]], %[[WA]], %[[BIAS]]
  // CHECK: %[[Y:.*]] = vit.add %[[PA]], %[[S]]
  // CHECK-NOT: vit.concat
  // CHECK: return %[[Y]]
  %0 = vit.resize2d bilinear_corners %b size [8, 8] : (tensor<4x4x3xf32>) -> tensor<8x8x3xf32>
  %1 = vit.resize2d bilinear %c size [8, 8] : (tensor<2x2x5xf32>) -> tensor<8x8x5xf32>
  %2 = vit.concat %1, %0, %a dim 2 : (tensor<8x8x5xf32>, tensor<8x8x3xf32>, tensor<8x8x4xf32>) -> tensor<8x8x12xf32>
  %y = vit.conv2d %2, %w, %bias : (tensor<8x8x12xf32>, tensor<6x12x1x1xf32>, tensor<6xf32>) -> tensor<8x8x6xf32>
  return %y : tensor<8x8x6xf32>
}

// -----

// One map alone, as in DPT's fusion: its bias stays what it is.
// CHECK-LABEL: func.func @alone(
// CHECK-SAME: %[[B:.*]]: tensor<4x4x3xf32>, %{{.*}}: tensor<4x4x3xf32>)
func.func @alone(%b: tensor<4x4x3xf32>, %c: tensor<4x4x3xf32>) -> (tensor<8x8x6xf32>, tensor<8x8x6xf32>) {
  %w = vit.weight "w" : tensor<6x3x1x1xf32>
  %v = vit.weight "v" : tensor<6x3x3x3xf32>
  %bias = vit.weight "bias" : tensor<6xf32>
  // CHECK: %[[P:.*]] = vit.conv2d %[[B]], %{{.*}}, %{{.*}} : (tensor<4x4x3xf32>, tensor<6x3x1x1xf32>, tensor<6xf32>) -> tensor<4x4x6xf32>
  // CHECK: %[[R:.*]] = vit.resize2d bilinear_corners %[[P]] size [8, 8]
  %0 = vit.resize2d bilinear_corners %b size [8, 8] : (tensor<4x4x3xf32>) -> tensor<8x8x3xf32>
  %1 = vit.conv2d %0, %w, %bias : (tensor<8x8x3xf32>, tensor<6x3x1x1xf32>, tensor<6xf32>) -> tensor<8x8x6xf32>
  // A window of several pixels has to see the enlarged ones.
  // CHECK: %[[L:.*]] = vit.resize2d bilinear %{{.*}} size [8, 8]
  // CHECK: %[[C:.*]] = vit.conv2d %[[L]]
  // CHECK: return %[[R]], %[[C]]
  %2 = vit.resize2d bilinear %c size [8, 8] : (tensor<4x4x3xf32>) -> tensor<8x8x3xf32>
  %3 = vit.conv2d %2, %v, %bias {padding = array<i64: 1, 1, 1, 1>} : (tensor<8x8x3xf32>, tensor<6x3x3x3xf32>, tensor<6xf32>) -> tensor<8x8x6xf32>
  return %1, %3 : tensor<8x8x6xf32>, tensor<8x8x6xf32>
}

// -----

// All are enlarged: the bias goes with the first.
// CHECK-LABEL: func.func @all(
func.func @all(%b: tensor<4x4x3xf32>, %c: tensor<2x2x5xf32>) -> tensor<8x8x6xf32> {
  %w = vit.weight "w" : tensor<6x8x1x1xf32>
  %bias = vit.weight "bias" : tensor<6xf32>
  // CHECK: %[[PB:.*]] = vit.conv2d %arg0, %{{.*}}, %{{.*}} : (tensor<4x4x3xf32>, tensor<6x3x1x1xf32>, tensor<6xf32>)
  // CHECK: %[[PC:.*]] = vit.conv2d %arg1, %{{.*}} : (tensor<2x2x5xf32>, tensor<6x5x1x1xf32>)
  // CHECK-NOT: vit.conv2d
  // CHECK: vit.add
  %0 = vit.resize2d bilinear %b size [8, 8] : (tensor<4x4x3xf32>) -> tensor<8x8x3xf32>
  %1 = vit.resize2d nearest %c size [8, 8] : (tensor<2x2x5xf32>) -> tensor<8x8x5xf32>
  %2 = vit.concat %0, %1 dim 2 : (tensor<8x8x3xf32>, tensor<8x8x5xf32>) -> tensor<8x8x8xf32>
  %y = vit.conv2d %2, %w, %bias : (tensor<8x8x8xf32>, tensor<6x8x1x1xf32>, tensor<6xf32>) -> tensor<8x8x6xf32>
  return %y : tensor<8x8x6xf32>
}

// -----

// Maps that become smaller, windows of more than a pixel, and a concatenation of rows stay.
// CHECK-LABEL: func.func @others(
// CHECK: %[[R:.*]] = vit.resize2d bilinear_antialias
// CHECK: %[[A:.*]] = vit.concat %{{.*}}, %[[R]] dim 2
// CHECK: vit.conv2d %[[A]]
// CHECK: %[[S:.*]] = vit.resize2d bilinear
// CHECK: %[[B:.*]] = vit.concat %{{.*}}, %[[S]] dim 2
// CHECK: vit.conv2d %[[B]]
// CHECK: %[[C:.*]] = vit.concat %[[A]], %[[A]] dim 0
// CHECK: vit.conv2d %[[C]]
// CHECK-NOT: vit.conv2d
func.func @others(%a: tensor<8x8x4xf32>, %b: tensor<16x16x3xf32>, %c: tensor<4x4x3xf32>) -> (tensor<8x8x6xf32>, tensor<8x8x6xf32>, tensor<16x8x6xf32>) {
  %w = vit.weight "w" : tensor<6x7x1x1xf32>
  %0 = vit.resize2d bilinear_antialias %b size [8, 8] : (tensor<16x16x3xf32>) -> tensor<8x8x3xf32>
  %1 = vit.concat %a, %0 dim 2 : (tensor<8x8x4xf32>, tensor<8x8x3xf32>) -> tensor<8x8x7xf32>
  %y = vit.conv2d %1, %w : (tensor<8x8x7xf32>, tensor<6x7x1x1xf32>) -> tensor<8x8x6xf32>
  %v = vit.weight "v" : tensor<6x7x3x3xf32>
  %2 = vit.resize2d bilinear %c size [8, 8] : (tensor<4x4x3xf32>) -> tensor<8x8x3xf32>
  %3 = vit.concat %a, %2 dim 2 : (tensor<8x8x4xf32>, tensor<8x8x3xf32>) -> tensor<8x8x7xf32>
  %z = vit.conv2d %3, %v {padding = array<i64: 1, 1, 1, 1>} : (tensor<8x8x7xf32>, tensor<6x7x3x3xf32>) -> tensor<8x8x6xf32>
  %4 = vit.concat %1, %1 dim 0 : (tensor<8x8x7xf32>, tensor<8x8x7xf32>) -> tensor<16x8x7xf32>
  %x = vit.conv2d %4, %w : (tensor<16x8x7xf32>, tensor<6x7x1x1xf32>) -> tensor<16x8x6xf32>
  return %y, %z, %x : tensor<8x8x6xf32>, tensor<8x8x6xf32>, tensor<16x8x6xf32>
}

// -----

// ASPP: the pooled branch is one pixel, whose product is a bias of the others; what is beside it is enlarged as a map.
// CHECK-LABEL: func.func @pooled(
// CHECK-SAME: %[[A:.*]]: tensor<8x8x4xf32>, %[[P:.*]]: tensor<1x1x3xf32>, %[[Q:.*]]: tensor<1x1x2xf32>, %[[C:.*]]: tensor<2x2x5xf32>)
func.func @pooled(%a: tensor<8x8x4xf32>, %p: tensor<1x1x3xf32>, %q: tensor<1x1x2xf32>, %c: tensor<2x2x5xf32>) -> tensor<8x8x6xf32> {
  %w = vit.weight "w" : tensor<6x14x1x1xf32>
  %bias = vit.weight "bias" : tensor<6xf32>
  // CHECK-DAG: %[[BIAS:.*]] = vit.weight "bias"
  // CHECK-DAG: %[[WP:.*]] = vit.weight_slice %{{.*}} dim 1 [4, 3]
  // CHECK: %[[PP:.*]] = vit.conv2d %[[P]], %[[WP]], %[[BIAS]]
  // CHECK: %[[B1:.*]] = vit.reshape %[[PP]] : (tensor<1x1x6xf32>) -> tensor<6xf32>
  // CHECK: %[[WQ:.*]] = vit.weight_slice %{{.*}} dim 1 [12, 2]
  // CHECK: %[[PQ:.*]] = vit.conv2d %[[Q]], %[[WQ]], %[[B1]]
  // CHECK: %[[B2:.*]] = vit.reshape %[[PQ]] : (tensor<1x1x6xf32>) -> tensor<6xf32>
  // CHECK: %[[WA:.*]] = vit.weight_slice %{{.*}} dim 1 [0, 4]
  // CHECK: %[[PC:.*]] = vit.conv2d %[[C]], %{{[^,]*}} : (tensor<2x2x5xf32>,
  // CHECK: %[[RC:.*]] = vit.resize2d bilinear %[[PC]]
  // CHECK: %[[PA:.*]] = vit.conv2d %[[A]], %[[WA]], %[[B2]]
  // CHECK: %[[Y:.*]] = vit.add %[[PA]], %[[RC]]
  // CHECK-NOT: vit.concat
  // CHECK: return %[[Y]]
  %0 = vit.resize2d bilinear_corners %p size [8, 8] : (tensor<1x1x3xf32>) -> tensor<8x8x3xf32>
  %1 = vit.resize2d bilinear %c size [8, 8] : (tensor<2x2x5xf32>) -> tensor<8x8x5xf32>
  %2 = vit.resize2d nearest %q size [8, 8] : (tensor<1x1x2xf32>) -> tensor<8x8x2xf32>
  %3 = vit.concat %a, %0, %1, %2 dim 2 : (tensor<8x8x4xf32>, tensor<8x8x3xf32>, tensor<8x8x5xf32>, tensor<8x8x2xf32>) -> tensor<8x8x14xf32>
  %y = vit.conv2d %3, %w, %bias : (tensor<8x8x14xf32>, tensor<6x14x1x1xf32>, tensor<6xf32>) -> tensor<8x8x6xf32>
  return %y : tensor<8x8x6xf32>
}

// -----

// The bias of a map that is enlarged too, if there is no other. One pixel alone, or nothing but such, has none to be the bias of.
// CHECK-LABEL: func.func @pooled_beside_enlarged(
// CHECK-SAME: %[[P:.*]]: tensor<1x1x3xf32>, %[[C:.*]]: tensor<2x2x5xf32>)
func.func @pooled_beside_enlarged(%p: tensor<1x1x3xf32>, %c: tensor<2x2x5xf32>) -> (tensor<8x8x6xf32>, tensor<8x8x6xf32>) {
  %w = vit.weight "w" : tensor<6x8x1x1xf32>
  %v = vit.weight "v" : tensor<6x6x1x1xf32>
  // CHECK: %[[PP:.*]] = vit.conv2d %[[P]]
  // CHECK: %[[B:.*]] = vit.reshape %[[PP]]
  // CHECK: %[[PC:.*]] = vit.conv2d %[[C]], %{{.*}}, %[[B]] :
  // CHECK: %[[Y:.*]] = vit.resize2d bilinear %[[PC]]
  %0 = vit.resize2d bilinear %p size [8, 8] : (tensor<1x1x3xf32>) -> tensor<8x8x3xf32>
  %1 = vit.resize2d bilinear %c size [8, 8] : (tensor<2x2x5xf32>) -> tensor<8x8x5xf32>
  %2 = vit.concat %0, %1 dim 2 : (tensor<8x8x3xf32>, tensor<8x8x5xf32>) -> tensor<8x8x8xf32>
  %y = vit.conv2d %2, %w : (tensor<8x8x8xf32>, tensor<6x8x1x1xf32>) -> tensor<8x8x6xf32>
  // CHECK: %[[R0:.*]] = vit.resize2d nearest
  // CHECK: %[[R1:.*]] = vit.resize2d bilinear
  // CHECK: %[[Z:.*]] = vit.add %[[R0]], %[[R1]]
  // CHECK: return %[[Y]], %[[Z]]
  %3 = vit.resize2d nearest %p size [8, 8] : (tensor<1x1x3xf32>) -> tensor<8x8x3xf32>
  %4 = vit.resize2d bilinear %p size [8, 8] : (tensor<1x1x3xf32>) -> tensor<8x8x3xf32>
  %5 = vit.concat %3, %4 dim 2 : (tensor<8x8x3xf32>, tensor<8x8x3xf32>) -> tensor<8x8x6xf32>
  %z = vit.conv2d %5, %v : (tensor<8x8x6xf32>, tensor<6x6x1x1xf32>) -> tensor<8x8x6xf32>
  return %y, %z : tensor<8x8x6xf32>, tensor<8x8x6xf32>
}

// -----

// An enlarged pixel that somebody else reads stays in the concatenation.
// CHECK-LABEL: func.func @pooled_is_read(
// CHECK: %[[R:.*]] = vit.resize2d
// CHECK: %[[S:.*]] = vit.concat %{{.*}}, %[[R]] dim 2
// CHECK: vit.conv2d %[[S]]
func.func @pooled_is_read(%a: tensor<8x8x4xf32>, %p: tensor<1x1x3xf32>) -> (tensor<8x8x6xf32>, tensor<8x8x3xf32>) {
  %w = vit.weight "w" : tensor<6x7x1x1xf32>
  %0 = vit.resize2d bilinear %p size [8, 8] : (tensor<1x1x3xf32>) -> tensor<8x8x3xf32>
  %1 = vit.concat %a, %0 dim 2 : (tensor<8x8x4xf32>, tensor<8x8x3xf32>) -> tensor<8x8x7xf32>
  %y = vit.conv2d %1, %w : (tensor<8x8x7xf32>, tensor<6x7x1x1xf32>) -> tensor<8x8x6xf32>
  return %y, %0 : tensor<8x8x6xf32>, tensor<8x8x3xf32>
}
