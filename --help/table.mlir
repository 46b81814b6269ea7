func.func @f() -> tensor<2x19x19xf32> {
  %w = vit.weight "encoder.relative_position_bias.relative_position_bias_table" : tensor<52x2xf32>
  %1 = vit.weight_reshape %w : (tensor<52x2xf32>) -> tensor<52x2xf32>
  %2 = vit.weight_resample bilinear %1 from [7, 7] to [11, 5] {trailing = 3 : i64} : (tensor<52x2xf32>) -> tensor<58x2xf32>
  %3 = vit.weight_relative_position_bias %2 window [6, 3] {class_token} : (tensor<58x2xf32>) -> tensor<2x19x19xf32>
  return %3 : tensor<2x19x19xf32>
}
