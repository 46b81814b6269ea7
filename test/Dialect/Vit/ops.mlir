// RUN: vitc-opt %s | vitc-opt | FileCheck %s
// RUN: vitc-opt --mlir-print-op-generic %s | vitc-opt | FileCheck %s

// CHECK: module attributes {vit.name = "every op"}
module attributes {vit.name = "every op"} {

// CHECK-LABEL: func.func @primitive(
// CHECK-SAME: %[[IMAGE:.*]]: tensor<3x8x8xf32> {vit.name = "pixel_values"}) -> (tensor<1x4xf32> {vit.name = "logits"})
func.func @primitive(%image: tensor<3x8x8xf32> {vit.name = "pixel_values"}) -> (tensor<1x4xf32> {vit.name = "logits"}) {
  // CHECK: vit.weight "w" : tensor<4x3x2x2xf32>
  %w = vit.weight "w" : tensor<4x3x2x2xf32>
  %b = vit.weight "b" : tensor<4xf32>
  // CHECK: vit.transpose %[[IMAGE]] [1, 2, 0] : (tensor<3x8x8xf32>) -> tensor<8x8x3xf32>
  %hwc = vit.transpose %image [1, 2, 0] : (tensor<3x8x8xf32>) -> tensor<8x8x3xf32>
  // CHECK: vit.conv2d %{{.*}}, %{{.*}}, %{{.*}} {stride = array<i64: 2, 2>} : (tensor<8x8x3xf32>, tensor<4x3x2x2xf32>, tensor<4xf32>) -> tensor<4x4x4xf32>
  %map = vit.conv2d %hwc, %w, %b {stride = array<i64: 2, 2>} : (tensor<8x8x3xf32>, tensor<4x3x2x2xf32>, tensor<4xf32>) -> tensor<4x4x4xf32>
  // CHECK: vit.conv2d %{{.*}}, %{{.*}} {dilation = array<i64: 2, 1>, padding = array<i64: 1, 0, 1, 2>, stride = array<i64: 2, 2>} :
  %other = vit.conv2d %hwc, %w {dilation = array<i64: 2, 1>, groups = 1 : i64, padding = array<i64: 1, 0, 1, 2>, stride = array<i64: 2, 2>} : (tensor<8x8x3xf32>, tensor<4x3x2x2xf32>) -> tensor<4x5x4xf32>
  // CHECK: vit.fused_conv2d %{{.*}}, %{{.*}} bias %{{.*}} residual %{{.*}} activation relu stride [2, 2] padding [0, 0, 0, 0] dilation [1, 1] groups 1 : (tensor<8x8x3xf32>, tensor<4x3x2x2xf32>, tensor<4xf32>, tensor<4x4x4xf32>) -> tensor<4x4x4xf32>
  %fusedmap = vit.fused_conv2d %hwc, %w bias %b residual %map activation relu stride [2, 2] padding [0, 0, 0, 0] dilation [1, 1] groups 1 : (tensor<8x8x3xf32>, tensor<4x3x2x2xf32>, tensor<4xf32>, tensor<4x4x4xf32>) -> tensor<4x4x4xf32>
  // CHECK: vit.pool2d max %{{.*}} window [2, 3] {ceil_mode, padding = array<i64: 1, 1, 0, 0>, stride = array<i64: 2, 2>} : (tensor<8x8x3xf32>) -> tensor<5x4x3xf32>
  %pooled = vit.pool2d max %hwc window [2, 3] {ceil_mode, padding = array<i64: 1, 1, 0, 0>, stride = array<i64: 2, 2>} : (tensor<8x8x3xf32>) -> tensor<5x4x3xf32>
  // CHECK: vit.resize2d bicubic_antialias %{{.*}} size [5, 12] : (tensor<8x8x3xf32>) -> tensor<5x12x3xf32>
  %resized = vit.resize2d bicubic_antialias %hwc size [5, 12] : (tensor<8x8x3xf32>) -> tensor<5x12x3xf32>
  // CHECK: vit.fused_resize2d bilinear %{{.*}} residual %{{.*}} activation relu size [8, 8] : (tensor<5x12x3xf32>, tensor<8x8x3xf32>) -> tensor<8x8x3xf32>
  %resizedback = vit.fused_resize2d bilinear %resized residual %hwc activation relu size [8, 8] : (tensor<5x12x3xf32>, tensor<8x8x3xf32>) -> tensor<8x8x3xf32>
  // CHECK: vit.unfold2d %{{.*}} window [2, 3] {dilation = array<i64: 1, 2>, stride = array<i64: 2, 1>} : (tensor<8x8x3xf32>) -> tensor<4x4x2x3x3xf32>
  %windows = vit.unfold2d %hwc window [2, 3] {dilation = array<i64: 1, 2>, stride = array<i64: 2, 1>} : (tensor<8x8x3xf32>) -> tensor<4x4x2x3x3xf32>
  // CHECK: vit.pad %{{.*}} low [1, 0, 2] high [0, 3, 0] : (tensor<8x8x3xf32>) -> tensor<9x11x5xf32>
  %padded = vit.pad %hwc low [1, 0, 2] high [0, 3, 0] : (tensor<8x8x3xf32>) -> tensor<9x11x5xf32>
  // CHECK: vit.pad %{{.*}} low [0, 0, 0] high [0, 1, 0] {value = -1.500000e+00 : f64} :
  %filled = vit.pad %hwc low [0, 0, 0] high [0, 1, 0] {value = -1.5 : f64} : (tensor<8x8x3xf32>) -> tensor<8x9x3xf32>
  // CHECK: vit.cast %{{.*}} : (tensor<4xf32>) -> tensor<4xi32>
  %indices = vit.cast %b : (tensor<4xf32>) -> tensor<4xi32>
  // CHECK: vit.gather %{{.*}} by %{{.*}} dim 1 : (tensor<8x8x3xf32>, tensor<4xi32>) -> tensor<8x4x3xf32>
  %gathered = vit.gather %hwc by %indices dim 1 : (tensor<8x8x3xf32>, tensor<4xi32>) -> tensor<8x4x3xf32>
  // CHECK: vit.pool2d average %{{.*}} window [2, 2] {count_include_pad} :
  %averaged = vit.pool2d average %hwc window [2, 2] {count_include_pad} : (tensor<8x8x3xf32>) -> tensor<7x7x3xf32>
  // CHECK: vit.batch_norm %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} {epsilon = 5.000000e-01 : f64} :
  %normed = vit.batch_norm %map, %b, %b, %b, %b {epsilon = 0.5 : f64} : (tensor<4x4x4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<4x4x4xf32>
  // CHECK: vit.reshape %{{.*}} : (tensor<4x4x4xf32>) -> tensor<16x4xf32>
  %tokens = vit.reshape %map : (tensor<4x4x4xf32>) -> tensor<16x4xf32>
  // CHECK: vit.layer_norm %{{.*}}, %{{.*}}, %{{.*}} {epsilon = 5.000000e-01 : f64} :
  %n = vit.layer_norm %tokens, %b, %b {epsilon = 0.5 : f64} : (tensor<16x4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<16x4xf32>
  // CHECK: vit.layer_norm %{{.*}} {epsilon = 5.000000e-01 : f64} : (tensor<16x4xf32>) -> tensor<16x4xf32>
  %plain = vit.layer_norm %tokens {epsilon = 0.5 : f64} : (tensor<16x4xf32>) -> tensor<16x4xf32>
  // CHECK: vit.layer_norm %{{.*}} {epsilon = 5.000000e-01 : f64, rms} : (tensor<16x4xf32>) -> tensor<16x4xf32>
  %rms = vit.layer_norm %tokens {epsilon = 0.5 : f64, rms} : (tensor<16x4xf32>) -> tensor<16x4xf32>
  %lw = vit.weight "lw" : tensor<4x4xf32>
  // CHECK: vit.linear %{{.*}}, %{{.*}}, %{{.*}} : (tensor<16x4xf32>, tensor<4x4xf32>, tensor<4xf32>) -> tensor<16x4xf32>
  %q = vit.linear %n, %lw, %b : (tensor<16x4xf32>, tensor<4x4xf32>, tensor<4xf32>) -> tensor<16x4xf32>
  // CHECK: vit.linear %{{.*}}, %{{.*}} : (tensor<16x4xf32>, tensor<4x4xf32>) -> tensor<16x4xf32>
  %k = vit.linear %plain, %lw : (tensor<16x4xf32>, tensor<4x4xf32>) -> tensor<16x4xf32>
  // CHECK: vit.matmul %{{.*}}, %{{.*}} {transpose_rhs} : (tensor<16x4xf32>, tensor<16x4xf32>) -> tensor<16x16xf32>
  %s = vit.matmul %q, %k {transpose_rhs} : (tensor<16x4xf32>, tensor<16x4xf32>) -> tensor<16x16xf32>
  // CHECK: vit.scale %{{.*}} by 5.000000e-01 :
  %scaled = vit.scale %s by 0.5 : (tensor<16x16xf32>) -> tensor<16x16xf32>
  // CHECK: vit.softmax %{{.*}} : (tensor<16x16xf32>) -> tensor<16x16xf32>
  %p = vit.softmax %scaled : (tensor<16x16xf32>) -> tensor<16x16xf32>
  // CHECK: vit.matmul %{{.*}}, %{{.*}} : (tensor<16x16xf32>, tensor<16x4xf32>) -> tensor<16x4xf32>
  %c = vit.matmul %p, %k : (tensor<16x16xf32>, tensor<16x4xf32>) -> tensor<16x4xf32>
  // CHECK: vit.add %{{.*}}, %{{.*}} : (tensor<16x4xf32>, tensor<4xf32>) -> tensor<16x4xf32>
  %a = vit.add %c, %b : (tensor<16x4xf32>, tensor<4xf32>) -> tensor<16x4xf32>
  // CHECK: vit.mul %{{.*}}, %{{.*}} : (tensor<4xf32>, tensor<16x4xf32>) -> tensor<16x4xf32>
  %m = vit.mul %b, %a : (tensor<4xf32>, tensor<16x4xf32>) -> tensor<16x4xf32>
  // CHECK: vit.sub %{{.*}}, %{{.*}} : (tensor<16x4xf32>, tensor<16x4xf32>) -> tensor<16x4xf32>
  %d = vit.sub %m, %a : (tensor<16x4xf32>, tensor<16x4xf32>) -> tensor<16x4xf32>
  // CHECK: vit.div %{{.*}}, %{{.*}} : (tensor<16x4xf32>, tensor<4xf32>) -> tensor<16x4xf32>
  %quotient = vit.div %d, %b : (tensor<16x4xf32>, tensor<4xf32>) -> tensor<16x4xf32>
  // CHECK: vit.activation gelu_tanh %{{.*}} : (tensor<16x4xf32>) -> tensor<16x4xf32>
  %g = vit.activation gelu_tanh %d : (tensor<16x4xf32>) -> tensor<16x4xf32>
  // CHECK: vit.concat %{{.*}}, %{{.*}} dim 0 : (tensor<16x4xf32>, tensor<16x4xf32>) -> tensor<32x4xf32>
  %cat = vit.concat %g, %tokens dim 0 : (tensor<16x4xf32>, tensor<16x4xf32>) -> tensor<32x4xf32>
  // CHECK: vit.slice %{{.*}} dim 0 [4, 20] : (tensor<32x4xf32>) -> tensor<20x4xf32>
  %slice = vit.slice %cat dim 0 [4, 20] : (tensor<32x4xf32>) -> tensor<20x4xf32>
  // CHECK: vit.reduce_mean %{{.*}} dim 0 : (tensor<20x4xf32>) -> tensor<1x4xf32>
  %mean = vit.reduce_mean %slice dim 0 : (tensor<20x4xf32>) -> tensor<1x4xf32>
  // CHECK: vit.reduce_max %{{.*}} dim 1 : (tensor<1x4xf32>) -> tensor<1x1xf32>
  %max = vit.reduce_max %mean dim 1 : (tensor<1x4xf32>) -> tensor<1x1xf32>
  // CHECK: vit.reduce_norm %{{.*}} dim 1 : (tensor<1x4xf32>) -> tensor<1x1xf32>
  %norm = vit.reduce_norm %mean dim 1 : (tensor<1x4xf32>) -> tensor<1x1xf32>
  return %mean : tensor<1x4xf32>
}

// CHECK-LABEL: func.func @weights(
func.func @weights() -> tensor<6xf32> {
  // CHECK: %[[W:.*]] = vit.weight "encoder.weight" : tensor<2x3xf32>
  %w = vit.weight "encoder.weight" : tensor<2x3xf32>
  // CHECK: %[[F:.*]] = vit.weight_fill 0.000000e+00 : tensor<2x3xf32>
  %f = vit.weight_fill 0.0 : tensor<2x3xf32>
  // CHECK: %[[C:.*]] = vit.weight_concat %[[W]], %[[F]] dim 1 : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x6xf32>
  %c = vit.weight_concat %w, %f dim 1 : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x6xf32>
  // CHECK: %[[S:.*]] = vit.weight_slice %[[C]] dim 0 [1, 1] : (tensor<2x6xf32>) -> tensor<1x6xf32>
  %s = vit.weight_slice %c dim 0 [1, 1] : (tensor<2x6xf32>) -> tensor<1x6xf32>
  // CHECK: %[[R:.*]] = vit.weight_reshape %[[S]] : (tensor<1x6xf32>) -> tensor<6xf32>
  %r = vit.weight_reshape %s : (tensor<1x6xf32>) -> tensor<6xf32>
  // CHECK: %[[T:.*]] = vit.weight_transpose %[[C]] [1, 0] : (tensor<2x6xf32>) -> tensor<6x2xf32>
  %t = vit.weight_transpose %c [1, 0] : (tensor<2x6xf32>) -> tensor<6x2xf32>
  // CHECK: vit.weight_standardize %[[T]] {epsilon = 1.250000e-01 : f64} : (tensor<6x2xf32>) -> tensor<6x2xf32>
  %st = vit.weight_standardize %t {epsilon = 0.125 : f64} : (tensor<6x2xf32>) -> tensor<6x2xf32>
  %v = vit.weight "v" : tensor<2xf32>
  // CHECK: %[[MV:.*]] = vit.weight_matvec %[[T]], %{{.*}} : (tensor<6x2xf32>, tensor<2xf32>) -> tensor<6xf32>
  %mv = vit.weight_matvec %t, %v : (tensor<6x2xf32>, tensor<2xf32>) -> tensor<6xf32>
  // CHECK: %[[A:.*]] = vit.weight_add %[[R]], %[[MV]] : (tensor<6xf32>, tensor<6xf32>) -> tensor<6xf32>
  %a = vit.weight_add %r, %mv : (tensor<6xf32>, tensor<6xf32>) -> tensor<6xf32>
  // CHECK: %[[X:.*]] = vit.weight_scale %[[A]] by 1.250000e-01 : (tensor<6xf32>) -> tensor<6xf32>
  %x = vit.weight_scale %a by 0.125 : (tensor<6xf32>) -> tensor<6xf32>
  // CHECK: vit.weight_scale_dim %[[X]] by %[[R]] dim 0 : (tensor<6xf32>, tensor<6xf32>) -> tensor<6xf32>
  %d = vit.weight_scale_dim %x by %r dim 0 : (tensor<6xf32>, tensor<6xf32>) -> tensor<6xf32>
  return %d : tensor<6xf32>
}

// CHECK-LABEL: func.func @positions(
func.func @positions(%x: tensor<2x7x8xf32>) -> tensor<2x7x8xf32> {
  %t = vit.weight "positions" : tensor<13x8xf32>
  // CHECK: vit.weight_resample bicubic_antialias %{{.*}} from [4, 3] to [2, 5] {leading = 1 : i64} : (tensor<13x8xf32>) -> tensor<11x8xf32>
  %r = vit.weight_resample bicubic_antialias %t from [4, 3] to [2, 5] {leading = 1 : i64} : (tensor<13x8xf32>) -> tensor<11x8xf32>
  %f = vit.weight "filters" : tensor<8x3x6x4xf32>
  // CHECK: vit.weight_resample_kernel bilinear %{{.*}} to [8, 4] : (tensor<8x3x6x4xf32>) -> tensor<8x3x8x4xf32>
  %k = vit.weight_resample_kernel bilinear %f to [8, 4] : (tensor<8x3x6x4xf32>) -> tensor<8x3x8x4xf32>
  %b = vit.weight "table" : tensor<18x2xf32>
  // CHECK: vit.weight_relative_position_bias %{{.*}} window [2, 3] {class_token} : (tensor<18x2xf32>) -> tensor<2x7x7xf32>
  %bias = vit.weight_relative_position_bias %b window [2, 3] {class_token} : (tensor<18x2xf32>) -> tensor<2x7x7xf32>
  // CHECK: %[[S:.*]] = vit.weight_sinusoids grid [2, 3] origin [-5.000000e-01, 0.000000e+00] step [1.000000e+00, 2.000000e+00] theta 1.000000e+02 {last_axis_first} : tensor<2x6x4xf32>
  %s = vit.weight_sinusoids grid [2, 3] origin [-0.5, 0.0] step [1.0, 2.0] theta 100.0 {last_axis_first} : tensor<2x6x4xf32>
  // CHECK: %[[R:.*]] = vit.rotary %{{.*}} by %[[S]] : (tensor<2x7x8xf32>, tensor<2x6x4xf32>) -> tensor<2x7x8xf32>
  %0 = vit.rotary %x by %s : (tensor<2x7x8xf32>, tensor<2x6x4xf32>) -> tensor<2x7x8xf32>
  // CHECK: vit.rotary %[[R]] by %[[S]] {interleaved} :
  %1 = vit.rotary %0 by %s {interleaved} : (tensor<2x7x8xf32>, tensor<2x6x4xf32>) -> tensor<2x7x8xf32>
  return %1 : tensor<2x7x8xf32>
}

// CHECK-LABEL: func.func @windows(
func.func @windows(%x: tensor<6x9x8xf32>, %y: tensor<54x8xf32>) -> tensor<6x9x8xf32> {
  // CHECK: %[[S:.*]] = vit.window_partition %{{.*}} <map[6, 9] window[3, 3] shift[1, 0]> : (tensor<6x9x8xf32>) -> tensor<6x9x8xf32>
  %s = vit.window_partition %x <map [6, 9] window [3, 3] shift [1, 0]> : (tensor<6x9x8xf32>) -> tensor<6x9x8xf32>
  // CHECK: %[[M:.*]] = vit.window_merge %[[S]] <map[5, 8] window[3, 3] shift[1, 2]> : (tensor<6x9x8xf32>) -> tensor<5x8x8xf32>
  %m = vit.window_merge %s <map [5, 8] window [3, 3] shift [1, 2]> : (tensor<6x9x8xf32>) -> tensor<5x8x8xf32>
  // CHECK: vit.weight_window_mask <map[6, 9] window[3, 3] shift[1, 0]> value -1.000000e+02 : tensor<6x1x9x9xf32>
  %mask = vit.weight_window_mask <map [6, 9] window [3, 3] shift [1, 0]> value -100.0 : tensor<6x1x9x9xf32>
  // CHECK: %[[E:.*]] = vit.weight_window_mask <map[6, 9] window[3, 3] shift[1, 0]> value -1.000000e+02 by_edge : tensor<4x1x9x9xf32>
  %e = vit.weight_window_mask <map [6, 9] window [3, 3] shift [1, 0]> value -100.0 by_edge : tensor<4x1x9x9xf32>
  %f = vit.weight "f" : tensor<16x2xf32>
  %b = vit.weight "b" : tensor<16xf32>
  %g = vit.weight "g" : tensor<2x16xf32>
  // CHECK: vit.weight_continuous_positions %{{.*}}, %{{.*}}, %{{.*}} window [3, 2] trained [8, 8] : (tensor<16x2xf32>, tensor<16xf32>, tensor<2x16xf32>) -> tensor<15x2xf32>
  %table = vit.weight_continuous_positions %f, %b, %g window [3, 2] trained [8, 8] : (tensor<16x2xf32>, tensor<16xf32>, tensor<2x16xf32>) -> tensor<15x2xf32>
  %l = vit.weight "l" : tensor<2xf32>
  // CHECK: %[[L:.*]] = vit.weight_exp %{{.*}} most 4.600000e+00 : (tensor<2xf32>) -> tensor<2xf32>
  %factors = vit.weight_exp %l most 4.6 : (tensor<2xf32>) -> tensor<2xf32>
  %rows = vit.weight "rows" : tensor<5x8xf32>
  // CHECK: %[[V:.*]] = vit.weight_reverse %{{.*}} dim 0 : (tensor<5x8xf32>) -> tensor<5x8xf32>
  %reversed = vit.weight_reverse %rows dim 0 : (tensor<5x8xf32>) -> tensor<5x8xf32>
  // CHECK: vit.decomposed_positions %[[S]] rows %[[V]] columns %[[V]] grid [3, 3] : (tensor<6x9x8xf32>, tensor<5x8xf32>, tensor<5x8xf32>) -> tensor<6x9x9xf32>
  %decomposed = vit.decomposed_positions %s rows %reversed columns %reversed grid [3, 3] : (tensor<6x9x8xf32>, tensor<5x8xf32>, tensor<5x8xf32>) -> tensor<6x9x9xf32>
  %heads = vit.reshape %s : (tensor<6x9x8xf32>) -> tensor<1x6x9x8xf32>
  %distances = vit.weight_concat %rows, %reversed dim 0 : (tensor<5x8xf32>, tensor<5x8xf32>) -> tensor<10x8xf32>
  // CHECK: vit.fused_attention %[[H:.*]][0], %[[H]][0], %[[H]][0] positions %{{.*}} grid [3, 3] scale 1.000000e+00 {sequences = 6 : i64} : (tensor<1x6x9x8xf32>, tensor<1x6x9x8xf32>, tensor<1x6x9x8xf32>, tensor<10x8xf32>) -> tensor<54x8xf32>
  %attended = vit.fused_attention %heads[0], %heads[0], %heads[0] positions %distances grid [3, 3] scale 1.0 {sequences = 6 : i64} : (tensor<1x6x9x8xf32>, tensor<1x6x9x8xf32>, tensor<1x6x9x8xf32>, tensor<10x8xf32>) -> tensor<54x8xf32>
  %qkv = vit.weight "qkv" : tensor<24x8xf32>
  // CHECK: %[[P:.*]] = vit.fused_head_projection %{{.*}}, %{{.*}} windows <map[6, 9] window[3, 3] shift[1, 0]> {num_heads = 2 : i64, parts = 3 : i64, sequences = 6 : i64} :
  %p = vit.fused_head_projection %y, %qkv windows <map [6, 9] window [3, 3] shift [1, 0]> {num_heads = 2 : i64, parts = 3 : i64, sequences = 6 : i64} : (tensor<54x8xf32>, tensor<24x8xf32>) -> tensor<3x12x9x4xf32>
  // CHECK: vit.fused_attention %[[P]][0], %[[P]][1], %[[P]][2], %[[E]] factors %[[L]] scale 5.000000e-01 windows <map[6, 9] window[3, 3] shift[1, 0]> {sequences = 6 : i64} :
  %a = vit.fused_attention %p[0], %p[1], %p[2], %e factors %factors scale 0.5 windows <map [6, 9] window [3, 3] shift [1, 0]> {sequences = 6 : i64} : (tensor<3x12x9x4xf32>, tensor<3x12x9x4xf32>, tensor<3x12x9x4xf32>, tensor<4x1x9x9xf32>, tensor<2xf32>) -> tensor<54x8xf32>
  return %s : tensor<6x9x8xf32>
}

// CHECK-LABEL: func.func @fused(
func.func @fused(%image: tensor<3x8x8xf32>) -> tensor<5x6xf32> {
  %w = vit.weight "w" : tensor<6x3x4x4xf32>
  %positions = vit.weight "positions" : tensor<5x6xf32>
  // CHECK: %[[X:.*]] = vit.fused_patch_embedding %{{.*}}, %{{.*}}, %{{.*}} : (tensor<3x8x8xf32>, tensor<6x3x4x4xf32>, tensor<5x6xf32>) -> tensor<5x6xf32>
  %x = vit.fused_patch_embedding %image, %w, %positions : (tensor<3x8x8xf32>, tensor<6x3x4x4xf32>, tensor<5x6xf32>) -> tensor<5x6xf32>
  %qkv = vit.weight "qkv" : tensor<24x6xf32>
  %b = vit.weight "b" : tensor<24xf32>
  // CHECK: %[[P:.*]] = vit.fused_head_projection %[[X]], %{{.*}}, %{{.*}} {num_heads = 2 : i64, parts = 3 : i64} : (tensor<5x6xf32>, tensor<24x6xf32>, tensor<24xf32>) -> tensor<3x2x5x4xf32>
  %p = vit.fused_head_projection %x, %qkv, %b {num_heads = 2 : i64, parts = 3 : i64} : (tensor<5x6xf32>, tensor<24x6xf32>, tensor<24xf32>) -> tensor<3x2x5x4xf32>
  // CHECK: %[[A:.*]] = vit.fused_attention %[[P]][0], %[[P]][1], %[[P]][2] scale 1.000000e+00 : (tensor<3x2x5x4xf32>, tensor<3x2x5x4xf32>, tensor<3x2x5x4xf32>) -> tensor<5x8xf32>
  %a = vit.fused_attention %p[0], %p[1], %p[2] scale 1.0 : (tensor<3x2x5x4xf32>, tensor<3x2x5x4xf32>, tensor<3x2x5x4xf32>) -> tensor<5x8xf32>
  %mask = vit.weight "mask" : tensor<5x5xf32>
  // CHECK: vit.fused_attention %[[P]][2], %[[P]][1], %[[P]][0], %{{.*}} scale 5.000000e-01 :
  %masked = vit.fused_attention %p[2], %p[1], %p[0], %mask scale 0.5 : (tensor<3x2x5x4xf32>, tensor<3x2x5x4xf32>, tensor<3x2x5x4xf32>, tensor<5x5xf32>) -> tensor<5x8xf32>
  %ow = vit.weight "ow" : tensor<6x8xf32>
  %ob = vit.weight "ob" : tensor<6xf32>
  // CHECK: %[[Y:.*]] = vit.fused_linear %[[A]], %{{.*}} bias %{{.*}} activation gelu residual %[[X]] : (tensor<5x8xf32>, tensor<6x8xf32>, tensor<6xf32>, tensor<5x6xf32>) -> tensor<5x6xf32>
  %y = vit.fused_linear %a, %ow bias %ob activation gelu residual %x : (tensor<5x8xf32>, tensor<6x8xf32>, tensor<6xf32>, tensor<5x6xf32>) -> tensor<5x6xf32>
  // CHECK: vit.fused_linear %[[A]], %{{.*}} : (tensor<5x8xf32>, tensor<6x8xf32>) -> tensor<5x6xf32>
  %z = vit.fused_linear %a, %ow : (tensor<5x8xf32>, tensor<6x8xf32>) -> tensor<5x6xf32>
  return %y : tensor<5x6xf32>
}

// CHECK-LABEL: func.func @refused(
func.func @refused(%x: tensor<4x4xf32>) -> tensor<4x4xf32> {
  // CHECK: vit.softmax %{{.*}} {vit.not_fused = "no reason"} :
  %y = vit.softmax %x {vit.not_fused = "no reason"} : (tensor<4x4xf32>) -> tensor<4x4xf32>
  return %y : tensor<4x4xf32>
}
}
