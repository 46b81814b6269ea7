// RUN: vitc-opt --pass-pipeline='builtin.module(func.func(vit-fuse-patch-embedding{emit-remarks=true}))' --split-input-file --verify-diagnostics %s | FileCheck %s

// CHECK-LABEL: func.func @overlapping_patches(
// CHECK: vit.conv2d {{.*}} vit.not_fused = "the convolution has padding, dilation or groups, or a stride other than its kernel"
func.func @overlapping_patches(%image: tensor<3x5x5xf32>) -> tensor<4x6xf32> {
  %w = vit.weight "w" : tensor<6x3x3x3xf32>
  %hwc = vit.transpose %image [1, 2, 0] : (tensor<3x5x5xf32>) -> tensor<5x5x3xf32>
  // expected-remark@+1 {{not fused: the convolution has padding, dilation or groups, or a stride other than its kernel}}
  %map = vit.conv2d %hwc, %w {stride = array<i64: 2, 2>} : (tensor<5x5x3xf32>, tensor<6x3x3x3xf32>) -> tensor<2x2x6xf32>
  %tokens = vit.reshape %map : (tensor<2x2x6xf32>) -> tensor<4x6xf32>
  return %tokens : tensor<4x6xf32>
}

// -----

// CHECK-LABEL: func.func @channels_last(
// CHECK: vit.conv2d
func.func @channels_last(%map: tensor<4x4x3xf32>) -> tensor<4x6xf32> {
  %w = vit.weight "w" : tensor<6x3x2x2xf32>
  // expected-remark@+1 {{not fused: the convolution's input is no image with channels first}}
  %0 = vit.conv2d %map, %w {stride = array<i64: 2, 2>} : (tensor<4x4x3xf32>, tensor<6x3x2x2xf32>) -> tensor<2x2x6xf32>
  %1 = vit.reshape %0 : (tensor<2x2x6xf32>) -> tensor<4x6xf32>
  return %1 : tensor<4x6xf32>
}

// -----

// CHECK-LABEL: func.func @rest(
// CHECK: vit.conv2d
func.func @rest(%image: tensor<3x5x4xf32>) -> tensor<4x6xf32> {
  %w = vit.weight "w" : tensor<6x3x2x2xf32>
  %hwc = vit.transpose %image [1, 2, 0] : (tensor<3x5x4xf32>) -> tensor<5x4x3xf32>
  // expected-remark@+1 {{not fused: the patches do not cover the image}}
  %map = vit.conv2d %hwc, %w {stride = array<i64: 2, 2>} : (tensor<5x4x3xf32>, tensor<6x3x2x2xf32>) -> tensor<2x2x6xf32>
  %tokens = vit.reshape %map : (tensor<2x2x6xf32>) -> tensor<4x6xf32>
  return %tokens : tensor<4x6xf32>
}

// -----

// CHECK-LABEL: func.func @run_time_weight(
// CHECK: vit.conv2d
func.func @run_time_weight(%image: tensor<3x4x4xf32>, %w: tensor<6x3x2x2xf32>) -> tensor<4x6xf32> {
  %hwc = vit.transpose %image [1, 2, 0] : (tensor<3x4x4xf32>) -> tensor<4x4x3xf32>
  // expected-remark@+1 {{not fused: the convolution's weight or bias is computed at run time}}
  %map = vit.conv2d %hwc, %w {stride = array<i64: 2, 2>} : (tensor<4x4x3xf32>, tensor<6x3x2x2xf32>) -> tensor<2x2x6xf32>
  %tokens = vit.reshape %map : (tensor<2x2x6xf32>) -> tensor<4x6xf32>
  return %tokens : tensor<4x6xf32>
}

// -----

// Columns first: not the order of the tokens of the fused op.
// CHECK-LABEL: func.func @column_major(
// CHECK: vit.conv2d
func.func @column_major(%image: tensor<3x4x8xf32>) -> tensor<8x6xf32> {
  %w = vit.weight "w" : tensor<6x3x2x2xf32>
  %hwc = vit.transpose %image [1, 2, 0] : (tensor<3x4x8xf32>) -> tensor<4x8x3xf32>
  // expected-remark@+1 {{not fused: the convolution's result is not just reshaped to tokens}}
  %map = vit.conv2d %hwc, %w {stride = array<i64: 2, 2>} : (tensor<4x8x3xf32>, tensor<6x3x2x2xf32>) -> tensor<2x4x6xf32>
  %columns = vit.transpose %map [1, 0, 2] : (tensor<2x4x6xf32>) -> tensor<4x2x6xf32>
  %tokens = vit.reshape %columns : (tensor<4x2x6xf32>) -> tensor<8x6xf32>
  return %tokens : tensor<8x6xf32>
}

// -----

// CHECK-LABEL: func.func @activation_before_tokens(
// CHECK: vit.conv2d {{.*}} vit.not_fused = "'vit.activation gelu' stands between the convolution and tokens"
func.func @activation_before_tokens(%image: tensor<3x4x4xf32>) -> tensor<4x6xf32> {
  %w = vit.weight "w" : tensor<6x3x2x2xf32>
  %hwc = vit.transpose %image [1, 2, 0] : (tensor<3x4x4xf32>) -> tensor<4x4x3xf32>
  // expected-remark@+1 {{not fused: 'vit.activation gelu' stands between the convolution and tokens}}
  %map = vit.conv2d %hwc, %w {stride = array<i64: 2, 2>} : (tensor<4x4x3xf32>, tensor<6x3x2x2xf32>) -> tensor<2x2x6xf32>
  %active = vit.activation gelu %map : (tensor<2x2x6xf32>) -> tensor<2x2x6xf32>
  %tokens = vit.reshape %active : (tensor<2x2x6xf32>) -> tensor<4x6xf32>
  return %tokens : tensor<4x6xf32>
}

// -----

// CHECK-LABEL: func.func @scaled_image(
// CHECK: vit.conv2d {{.*}} vit.not_fused = "'vit.scale' stands between an image and the convolution"
func.func @scaled_image(%image: tensor<3x4x4xf32>) -> tensor<4x6xf32> {
  %w = vit.weight "w" : tensor<6x3x2x2xf32>
  %hwc = vit.transpose %image [1, 2, 0] : (tensor<3x4x4xf32>) -> tensor<4x4x3xf32>
  %scaled = vit.scale %hwc by 2.0 : (tensor<4x4x3xf32>) -> tensor<4x4x3xf32>
  // expected-remark@+1 {{not fused: 'vit.scale' stands between an image and the convolution}}
  %map = vit.conv2d %scaled, %w {stride = array<i64: 2, 2>} : (tensor<4x4x3xf32>, tensor<6x3x2x2xf32>) -> tensor<2x2x6xf32>
  %tokens = vit.reshape %map : (tensor<2x2x6xf32>) -> tensor<4x6xf32>
  return %tokens : tensor<4x6xf32>
}
