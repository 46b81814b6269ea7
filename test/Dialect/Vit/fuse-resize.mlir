// RUN: vitc-opt --vit-fuse-resize %s | FileCheck %s

// CHECK-LABEL: @fuse
func.func @fuse(%a: tensor<2x2x4xf32>, %b: tensor<4x4x4xf32>, %r: tensor<8x8x4xf32>) -> (tensor<8x8x4xf32>, tensor<8x8x4xf32>) {
  // CHECK: %[[B:.*]] = vit.resize2d nearest %arg1 size [8, 8]
  // CHECK: %[[A:.*]] = vit.fused_resize2d bilinear %arg0 residual %[[B]] activation relu size [8, 8]
  // CHECK: %[[R:.*]] = vit.fused_resize2d bicubic %arg1 activation gelu size [8, 8]
  // CHECK: return %[[A]], %[[R]]
  %0 = vit.resize2d bilinear %a size [8, 8] : (tensor<2x2x4xf32>) -> tensor<8x8x4xf32>
  %1 = vit.resize2d nearest %b size [8, 8] : (tensor<4x4x4xf32>) -> tensor<8x8x4xf32>
  %2 = vit.add %0, %1 : (tensor<8x8x4xf32>, tensor<8x8x4xf32>) -> tensor<8x8x4xf32>
  %3 = vit.activation relu %2 : (tensor<8x8x4xf32>) -> tensor<8x8x4xf32>
  %4 = vit.resize2d bicubic %b size [8, 8] : (tensor<4x4x4xf32>) -> tensor<8x8x4xf32>
  %5 = vit.activation gelu %4 : (tensor<8x8x4xf32>) -> tensor<8x8x4xf32>
  return %3, %5 : tensor<8x8x4xf32>, tensor<8x8x4xf32>
}

// No match: a linear layer takes what is added to it; one number for all pixels is no residual; another user needs the map.
// CHECK-LABEL: @no_match
func.func @no_match(%a: tensor<2x2x4xf32>, %r: tensor<8x8x4xf32>, %f: tensor<1x1x4xf32>) -> (tensor<8x8x4xf32>, tensor<8x8x4xf32>, tensor<8x8x4xf32>) {
  %w = vit.weight "w" : tensor<4x4xf32>
  // CHECK-NOT: fused_resize2d
  %0 = vit.resize2d bilinear %a size [8, 8] : (tensor<2x2x4xf32>) -> tensor<8x8x4xf32>
  %1 = vit.linear %r, %w : (tensor<8x8x4xf32>, tensor<4x4xf32>) -> tensor<8x8x4xf32>
  %2 = vit.add %1, %0 : (tensor<8x8x4xf32>, tensor<8x8x4xf32>) -> tensor<8x8x4xf32>
  %3 = vit.resize2d bilinear %a size [8, 8] : (tensor<2x2x4xf32>) -> tensor<8x8x4xf32>
  %4 = vit.add %3, %f : (tensor<8x8x4xf32>, tensor<1x1x4xf32>) -> tensor<8x8x4xf32>
  %5 = vit.resize2d nearest %a size [8, 8] : (tensor<2x2x4xf32>) -> tensor<8x8x4xf32>
  %6 = vit.add %5, %r : (tensor<8x8x4xf32>, tensor<8x8x4xf32>) -> tensor<8x8x4xf32>
  %7 = vit.mul %6, %5 : (tensor<8x8x4xf32>, tensor<8x8x4xf32>) -> tensor<8x8x4xf32>
  return %2, %4, %7 : tensor<8x8x4xf32>, tensor<8x8x4xf32>, tensor<8x8x4xf32>
}
