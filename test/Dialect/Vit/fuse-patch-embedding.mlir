// RUN: vitc-opt --vit-fuse-patch-embedding --split-input-file %s | FileCheck %s

// Class token, then positions.
// CHECK-LABEL: func.func @class_token(
// CHECK-SAME: %[[IMAGE:.*]]: tensor<3x4x8xf32>)
func.func @class_token(%image: tensor<3x4x8xf32>) -> tensor<9x6xf32> {
  // CHECK-DAG: %[[W:.*]] = vit.weight "w"
  // CHECK-DAG: %[[B:.*]] = vit.weight "b"
  // CHECK-DAG: %[[CLS:.*]] = vit.weight "cls"
  // CHECK-DAG: %[[POS:.*]] = vit.weight "positions"
  %w = vit.weight "w" : tensor<6x3x2x2xf32>
  %b = vit.weight "b" : tensor<6xf32>
  %cls = vit.weight "cls" : tensor<1x6xf32>
  %positions = vit.weight "positions" : tensor<9x6xf32>
  // The prefix rows have no bias of the convolution.
  // CHECK-DAG: %[[ZERO:.*]] = vit.weight_fill 0.0{{.*}} : tensor<8x6xf32>
  // CHECK: %[[ROWS:.*]] = vit.weight_add %[[ZERO]], %[[B]]
  // CHECK: %[[ALL:.*]] = vit.weight_concat %[[CLS]], %[[ROWS]] dim 0
  // CHECK: %[[ADDEND:.*]] = vit.weight_add %[[ALL]], %[[POS]]
  // CHECK: %[[X:.*]] = vit.fused_patch_embedding %[[IMAGE]], %[[W]], %[[ADDEND]]
  // CHECK-NEXT: return %[[X]]
  %hwc = vit.transpose %image [1, 2, 0] : (tensor<3x4x8xf32>) -> tensor<4x8x3xf32>
  %map = vit.conv2d %hwc, %w, %b {stride = array<i64: 2, 2>} : (tensor<4x8x3xf32>, tensor<6x3x2x2xf32>, tensor<6xf32>) -> tensor<2x4x6xf32>
  %tokens = vit.reshape %map : (tensor<2x4x6xf32>) -> tensor<8x6xf32>
  %0 = vit.concat %cls, %tokens dim 0 : (tensor<1x6xf32>, tensor<8x6xf32>) -> tensor<9x6xf32>
  %1 = vit.add %0, %positions : (tensor<9x6xf32>, tensor<9x6xf32>) -> tensor<9x6xf32>
  return %1 : tensor<9x6xf32>
}

// -----

// Positions first, then class and register tokens, as DINOv2 with registers does; no bias.
// CHECK-LABEL: func.func @positions_first(
func.func @positions_first(%image: tensor<3x4x8xf32>) -> tensor<12x6xf32> {
  %w = vit.weight "w" : tensor<6x3x2x2xf32>
  %cls = vit.weight "cls" : tensor<1x6xf32>
  %registers = vit.weight "registers" : tensor<3x6xf32>
  %positions = vit.weight "positions" : tensor<8x6xf32>
  // CHECK-DAG: %[[CLS:.*]] = vit.weight "cls"
  // CHECK-DAG: %[[REG:.*]] = vit.weight "registers"
  // CHECK-DAG: %[[POS:.*]] = vit.weight "positions"
  // CHECK-DAG: %[[ZERO:.*]] = vit.weight_fill 0.0{{.*}} : tensor<8x6xf32>
  // CHECK: %[[ROWS:.*]] = vit.weight_add %[[ZERO]], %[[POS]]
  // CHECK: %[[ADDEND:.*]] = vit.weight_concat %[[CLS]], %[[REG]], %[[ROWS]] dim 0
  // CHECK: vit.fused_patch_embedding %{{.*}}, %{{.*}}, %[[ADDEND]]
  %hwc = vit.transpose %image [1, 2, 0] : (tensor<3x4x8xf32>) -> tensor<4x8x3xf32>
  %map = vit.conv2d %hwc, %w {stride = array<i64: 2, 2>} : (tensor<4x8x3xf32>, tensor<6x3x2x2xf32>) -> tensor<2x4x6xf32>
  %tokens = vit.reshape %map : (tensor<2x4x6xf32>) -> tensor<8x6xf32>
  %0 = vit.add %positions, %tokens : (tensor<8x6xf32>, tensor<8x6xf32>) -> tensor<8x6xf32>
  %1 = vit.concat %cls, %registers, %0 dim 0 : (tensor<1x6xf32>, tensor<3x6xf32>, tensor<8x6xf32>) -> tensor<12x6xf32>
  return %1 : tensor<12x6xf32>
}

// -----

// Nothing but patches, spelled as in PyTorch. What is no weight is not taken.
// CHECK-LABEL: func.func @patches_only(
// CHECK-SAME: %[[IMAGE:.*]]: tensor<3x4x8xf32>, %[[Y:.*]]: tensor<8x6xf32>)
func.func @patches_only(%image: tensor<3x4x8xf32>, %y: tensor<8x6xf32>) -> tensor<8x6xf32> {
  %w = vit.weight "w" : tensor<6x3x2x2xf32>
  // CHECK: %[[ZERO:.*]] = vit.weight_fill 0.0{{.*}} : tensor<8x6xf32>
  // CHECK: %[[X:.*]] = vit.fused_patch_embedding %[[IMAGE]], %{{.*}}, %[[ZERO]]
  // CHECK: vit.add %[[X]], %[[Y]]
  %hwc = vit.transpose %image [1, 2, 0] : (tensor<3x4x8xf32>) -> tensor<4x8x3xf32>
  %map = vit.conv2d %hwc, %w {stride = array<i64: 2, 2>} : (tensor<4x8x3xf32>, tensor<6x3x2x2xf32>) -> tensor<2x4x6xf32>
  %chw = vit.transpose %map [2, 0, 1] : (tensor<2x4x6xf32>) -> tensor<6x2x4xf32>
  %flat = vit.reshape %chw : (tensor<6x2x4xf32>) -> tensor<6x8xf32>
  %tokens = vit.transpose %flat [1, 0] : (tensor<6x8xf32>) -> tensor<8x6xf32>
  %0 = vit.add %tokens, %y : (tensor<8x6xf32>, tensor<8x6xf32>) -> tensor<8x6xf32>
  return %0 : tensor<8x6xf32>
}
