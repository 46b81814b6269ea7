// RUN: vitc-opt %s --vit-sink-transpose | FileCheck %s

// Between two convolutions whose maps are channels first to the description, no transposition is left.
// CHECK-LABEL: @elementwise
func.func @elementwise(%x: tensor<6x8x4xf32>, %w: tensor<4x4x1x1xf32>) -> tensor<6x8x4xf32> {
  // CHECK-NEXT: %[[S:.*]] = vit.activation silu %arg0 : (tensor<6x8x4xf32>)
  // CHECK-NEXT: %[[A:.*]] = vit.add %[[S]], %arg0 : (tensor<6x8x4xf32>, tensor<6x8x4xf32>)
  // CHECK-NEXT: vit.conv2d %[[A]], %arg1
  %0 = vit.transpose %x [2, 0, 1] : (tensor<6x8x4xf32>) -> tensor<4x6x8xf32>
  %1 = vit.activation silu %0 : (tensor<4x6x8xf32>) -> tensor<4x6x8xf32>
  %2 = vit.add %1, %0 : (tensor<4x6x8xf32>, tensor<4x6x8xf32>) -> tensor<4x6x8xf32>
  %3 = vit.transpose %2 [1, 2, 0] : (tensor<4x6x8xf32>) -> tensor<6x8x4xf32>
  %4 = vit.conv2d %3, %w : (tensor<6x8x4xf32>, tensor<4x4x1x1xf32>) -> tensor<6x8x4xf32>
  return %4 : tensor<6x8x4xf32>
}

// What is there for each channel becomes a weight, or a view, of the last dimension.
// CHECK-LABEL: @of_channels
func.func @of_channels(%x: tensor<6x8x4xf32>, %f: tensor<4x1x1xf32>, %s: tensor<f32>) -> tensor<6x8x4xf32> {
  %w = vit.weight "w" : tensor<4x1x1xf32>
  // CHECK: %[[W:.*]] = vit.weight_transpose %{{.*}} [1, 2, 0] : (tensor<4x1x1xf32>) -> tensor<1x1x4xf32>
  // CHECK: %[[M:.*]] = vit.mul %arg0, %[[W]]
  // CHECK: %[[F:.*]] = vit.reshape %arg1 : (tensor<4x1x1xf32>) -> tensor<1x1x4xf32>
  // CHECK: %[[D:.*]] = vit.div %[[F]], %[[M]]
  // CHECK: vit.sub %[[D]], %arg2 : (tensor<6x8x4xf32>, tensor<f32>) -> tensor<6x8x4xf32>
  // CHECK-NOT: vit.transpose
  %0 = vit.transpose %x [2, 0, 1] : (tensor<6x8x4xf32>) -> tensor<4x6x8xf32>
  %1 = vit.mul %0, %w : (tensor<4x6x8xf32>, tensor<4x1x1xf32>) -> tensor<4x6x8xf32>
  %2 = vit.div %f, %1 : (tensor<4x1x1xf32>, tensor<4x6x8xf32>) -> tensor<4x6x8xf32>
  %3 = vit.sub %2, %s : (tensor<4x6x8xf32>, tensor<f32>) -> tensor<4x6x8xf32>
  %4 = vit.transpose %3 [1, 2, 0] : (tensor<4x6x8xf32>) -> tensor<6x8x4xf32>
  return %4 : tensor<6x8x4xf32>
}

// Dimensions are counted anew.
// CHECK-LABEL: @dimensions
func.func @dimensions(%x: tensor<6x8x4xf32>) -> tensor<8x6x6xf32> {
  // CHECK-NEXT: %[[C:.*]] = vit.concat %arg0, %arg0 dim 1
  // CHECK-NEXT: %[[S:.*]] = vit.slice %[[C]] dim 2 [1, 2]
  // CHECK-NEXT: %[[R:.*]] = vit.reduce_mean %[[S]] dim 1
  // CHECK-NEXT: %[[P:.*]] = vit.pad %[[R]] low [0, 2, 1] high [0, 3, 5] : (tensor<6x1x2xf32>) -> tensor<6x6x8xf32>
  // CHECK-NEXT: vit.transpose %[[P]] [2, 0, 1]
  %0 = vit.transpose %x [2, 0, 1] : (tensor<6x8x4xf32>) -> tensor<4x6x8xf32>
  %1 = vit.concat %0, %0 dim 2 : (tensor<4x6x8xf32>, tensor<4x6x8xf32>) -> tensor<4x6x16xf32>
  %2 = vit.slice %1 dim 0 [1, 2] : (tensor<4x6x16xf32>) -> tensor<2x6x16xf32>
  %3 = vit.reduce_mean %2 dim 2 : (tensor<2x6x16xf32>) -> tensor<2x6x1xf32>
  %4 = vit.pad %3 low [1, 0, 2] high [5, 0, 3] : (tensor<2x6x1xf32>) -> tensor<8x6x6xf32>
  return %4 : tensor<8x6x6xf32>
}

// A map as tokens, and back: both transpositions are gone.
// CHECK-LABEL: @tokens
func.func @tokens(%x: tensor<6x8x4xf32>) -> (tensor<48x4xf32>, tensor<6x8x4xf32>) {
  // CHECK: %[[T:.*]] = vit.reshape %arg0 : (tensor<6x8x4xf32>) -> tensor<48x4xf32>
  // CHECK-NOT: vit.transpose
  %0 = vit.transpose %x [2, 0, 1] : (tensor<6x8x4xf32>) -> tensor<4x6x8xf32>
  %1 = vit.reshape %0 : (tensor<4x6x8xf32>) -> tensor<4x48xf32>
  %2 = vit.transpose %1 [1, 0] : (tensor<4x48xf32>) -> tensor<48x4xf32>
  %3 = vit.transpose %2 [1, 0] : (tensor<48x4xf32>) -> tensor<4x48xf32>
  %4 = vit.reshape %3 : (tensor<4x48xf32>) -> tensor<4x6x8xf32>
  %5 = vit.transpose %4 [1, 2, 0] : (tensor<4x6x8xf32>) -> tensor<6x8x4xf32>
  return %2, %5 : tensor<48x4xf32>, tensor<6x8x4xf32>
}

// Windows of 3x4 pixels: one transposition of pixels, none of channels.
// CHECK-LABEL: @windows
func.func @windows(%x: tensor<6x8x4xf32>) -> tensor<4x12x4xf32> {
  // CHECK-NEXT: %[[S:.*]] = vit.reshape %arg0 : (tensor<6x8x4xf32>) -> tensor<2x3x2x4x4xf32>
  // CHECK-NEXT: %[[T:.*]] = vit.transpose %[[S]] [0, 2, 1, 3, 4]
  // CHECK-NEXT: vit.reshape %[[T]] : (tensor<2x2x3x4x4xf32>) -> tensor<4x12x4xf32>
  %0 = vit.transpose %x [2, 0, 1] : (tensor<6x8x4xf32>) -> tensor<4x6x8xf32>
  %1 = vit.reshape %0 : (tensor<4x6x8xf32>) -> tensor<4x2x3x2x4xf32>
  %2 = vit.transpose %1 [1, 3, 2, 4, 0] : (tensor<4x2x3x2x4xf32>) -> tensor<2x2x3x4x4xf32>
  %3 = vit.reshape %2 : (tensor<2x2x3x4x4xf32>) -> tensor<4x12x4xf32>
  return %3 : tensor<4x12x4xf32>
}

// From windows back to a map, channels first at once: what is beside the channels stays, the rest moves on.
// CHECK-LABEL: @map_of_windows
func.func @map_of_windows(%x: tensor<2x2x3x4x4xf32>) -> tensor<6x8x4xf32> {
  // CHECK-NEXT: %[[T:.*]] = vit.transpose %arg0 [0, 2, 1, 3, 4]
  // CHECK-NEXT: vit.reshape %[[T]] : (tensor<2x3x2x4x4xf32>) -> tensor<6x8x4xf32>
  %0 = vit.transpose %x [4, 0, 2, 1, 3] : (tensor<2x2x3x4x4xf32>) -> tensor<4x2x3x2x4xf32>
  %1 = vit.reshape %0 : (tensor<4x2x3x2x4xf32>) -> tensor<4x6x8xf32>
  %2 = vit.transpose %1 [1, 2, 0] : (tensor<4x6x8xf32>) -> tensor<6x8x4xf32>
  return %2 : tensor<6x8x4xf32>
}

// Global pooling leaves dimensions of 1, which are reshaped.
// CHECK-LABEL: @pooled
func.func @pooled(%x: tensor<6x8x4xf32>) -> tensor<4xf32> {
  // CHECK-NEXT: %[[A:.*]] = vit.reduce_mean %arg0 dim 0
  // CHECK-NEXT: %[[B:.*]] = vit.reduce_mean %[[A]] dim 1
  // CHECK-NEXT: vit.reshape %[[B]] : (tensor<1x1x4xf32>) -> tensor<4xf32>
  %0 = vit.transpose %x [2, 0, 1] : (tensor<6x8x4xf32>) -> tensor<4x6x8xf32>
  %1 = vit.reduce_mean %0 dim 1 : (tensor<4x6x8xf32>) -> tensor<4x1x8xf32>
  %2 = vit.reduce_mean %1 dim 2 : (tensor<4x1x8xf32>) -> tensor<4x1x1xf32>
  %3 = vit.reshape %2 : (tensor<4x1x1xf32>) -> tensor<4xf32>
  return %3 : tensor<4xf32>
}

// Pixels to channels, and those to sequences of patches: one transposition.
// CHECK-LABEL: @joined_transpositions
func.func @joined_transpositions(%x: tensor<6x8x4xf32>) -> tensor<4x12x4xf32> {
  // CHECK-NEXT: %[[R:.*]] = vit.reshape %arg0 : (tensor<6x8x4xf32>) -> tensor<3x2x4x2x4xf32>
  // CHECK-NEXT: %[[T:.*]] = vit.transpose %[[R]] [1, 3, 0, 2, 4]
  // CHECK-NEXT: vit.reshape %[[T]] : (tensor<2x2x3x4x4xf32>) -> tensor<4x12x4xf32>
  %0 = vit.reshape %x : (tensor<6x8x4xf32>) -> tensor<3x2x4x2x4xf32>
  %1 = vit.transpose %0 [0, 2, 4, 1, 3] : (tensor<3x2x4x2x4xf32>) -> tensor<3x4x4x2x2xf32>
  %2 = vit.reshape %1 : (tensor<3x4x4x2x2xf32>) -> tensor<3x4x16xf32>
  %3 = vit.transpose %2 [2, 0, 1] : (tensor<3x4x16xf32>) -> tensor<16x3x4xf32>
  %4 = vit.reshape %3 : (tensor<16x3x4xf32>) -> tensor<4x4x12xf32>
  %5 = vit.transpose %4 [1, 2, 0] : (tensor<4x4x12xf32>) -> tensor<4x12x4xf32>
  return %5 : tensor<4x12x4xf32>
}

// No match: the other operand would have to be transposed.
// CHECK-LABEL: @other_operand
func.func @other_operand(%x: tensor<6x8x4xf32>, %y: tensor<4x6x8xf32>) -> tensor<4x6x8xf32> {
  // CHECK-NEXT: vit.transpose
  // CHECK-NEXT: vit.add
  %0 = vit.transpose %x [2, 0, 1] : (tensor<6x8x4xf32>) -> tensor<4x6x8xf32>
  %1 = vit.add %0, %y : (tensor<4x6x8xf32>, tensor<4x6x8xf32>) -> tensor<4x6x8xf32>
  return %1 : tensor<4x6x8xf32>
}

// No match: the reshape joins channels with rows.
// CHECK-LABEL: @joined
func.func @joined(%x: tensor<6x8x4xf32>) -> tensor<24x8xf32> {
  // CHECK-NEXT: vit.transpose
  // CHECK-NEXT: vit.reshape
  %0 = vit.transpose %x [2, 0, 1] : (tensor<6x8x4xf32>) -> tensor<4x6x8xf32>
  %1 = vit.reshape %0 : (tensor<4x6x8xf32>) -> tensor<24x8xf32>
  return %1 : tensor<24x8xf32>
}

// No match: heads are not swapped by turning dimensions around, and a softmax of columns is one of columns.
// CHECK-LABEL: @no_rotation
func.func @no_rotation(%x: tensor<6x8x4xf32>) -> (tensor<8x6x4xf32>, tensor<4x6x8xf32>) {
  // CHECK-NEXT: %[[H:.*]] = vit.transpose %arg0 [1, 0, 2]
  // CHECK-NEXT: vit.activation relu %[[H]]
  // CHECK-NEXT: %[[T:.*]] = vit.transpose %arg0 [2, 0, 1]
  // CHECK-NEXT: vit.softmax %[[T]]
  %0 = vit.transpose %x [1, 0, 2] : (tensor<6x8x4xf32>) -> tensor<8x6x4xf32>
  %1 = vit.activation relu %0 : (tensor<8x6x4xf32>) -> tensor<8x6x4xf32>
  %2 = vit.transpose %x [2, 0, 1] : (tensor<6x8x4xf32>) -> tensor<4x6x8xf32>
  %3 = vit.softmax %2 : (tensor<4x6x8xf32>) -> tensor<4x6x8xf32>
  return %1, %3 : tensor<8x6x4xf32>, tensor<4x6x8xf32>
}
