// RUN: vitc-opt --split-input-file --verify-diagnostics %s

// Every constraint of the ops on weights: @OP_cN violates constraint N of OP's description, @OP_result
// has the wrong result type.

func.func @weight_resample_c1() {
  %t = vit.weight "t" : tensor<12xf32>
  // expected-error@+1 {{'vit.weight_resample' op expected input of rank 2, but got 'tensor<12xf32>'}}
  %0 = vit.weight_resample bilinear %t from [4, 3] to [2, 2] : (tensor<12xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @weight_resample_c2() {
  %t = vit.weight "t" : tensor<12x2xf32>
  // expected-error@+1 {{'vit.weight_resample' op expected 'to' to be two sizes from 1 to 1048576, but got [2, 0]}}
  %0 = vit.weight_resample bilinear %t from [4, 3] to [2, 0] : (tensor<12x2xf32>) -> tensor<4x2xf32>
  return
}

// -----

func.func @weight_resample_c3_rows() {
  %t = vit.weight "t" : tensor<12x2xf32>
  // expected-error@+1 {{'vit.weight_resample' op expected 14 rows (1 + 4 * 3 + 1), but got 'tensor<12x2xf32>'}}
  %0 = vit.weight_resample bilinear %t from [4, 3] to [2, 2] {leading = 1 : i64, trailing = 1 : i64} : (tensor<12x2xf32>) -> tensor<6x2xf32>
  return
}

// -----

func.func @weight_resample_c3_leading() {
  %t = vit.weight "t" : tensor<12x2xf32>
  // expected-error@+1 {{'vit.weight_resample' op expected leading and trailing rows to be some of the input's 12, but got -1 and 0}}
  %0 = vit.weight_resample bilinear %t from [4, 3] to [2, 2] {leading = -1 : i64} : (tensor<12x2xf32>) -> tensor<4x2xf32>
  return
}

// -----

func.func @weight_resample_c4() {
  %t = vit.weight "t" : tensor<12x2xf32>
  // expected-error@+1 {{'vit.weight_resample' op expected odd sizes for geometric resampling, from 3 on, but got [4, 3] to [3, 3]}}
  %0 = vit.weight_resample geometric %t from [4, 3] to [3, 3] : (tensor<12x2xf32>) -> tensor<9x2xf32>
  return
}

// -----

func.func @weight_relative_position_bias_c2() {
  %t = vit.weight "t" : tensor<15x2xf32>
  // expected-error@+1 {{'vit.weight_relative_position_bias' op expected window to be two sizes from 1 to 1048576, but got [2]}}
  %0 = vit.weight_relative_position_bias %t window [2] : (tensor<15x2xf32>) -> tensor<2x6x6xf32>
  return
}

// -----

func.func @weight_relative_position_bias_c3() {
  %t = vit.weight "t" : tensor<15x2xf32>
  // expected-error@+1 {{'vit.weight_relative_position_bias' op expected table of 18 rows (of the window), but got 'tensor<15x2xf32>'}}
  %0 = vit.weight_relative_position_bias %t window [2, 3] {class_token} : (tensor<15x2xf32>) -> tensor<2x7x7xf32>
  return
}

// -----

func.func @weight_sinusoids_c1() {
  // expected-error@+1 {{'vit.weight_sinusoids' op expected a result of cosines and sines for 6 positions, but got 'tensor<2x5x4xf32>'}}
  %0 = vit.weight_sinusoids grid [2, 3] origin [0.0, 0.0] step [1.0, 1.0] theta 100.0 : tensor<2x5x4xf32>
  return
}

// -----

func.func @weight_sinusoids_c2_grid() {
  // expected-error@+1 {{'vit.weight_sinusoids' op expected a grid of one or two sizes from 1 to 1048576, but got [1, 2, 3]}}
  %0 = vit.weight_sinusoids grid [1, 2, 3] origin [0.0, 0.0] step [1.0, 1.0] theta 100.0 : tensor<2x6x4xf32>
  return
}

// -----

func.func @weight_sinusoids_c2_origin() {
  // expected-error@+1 {{'vit.weight_sinusoids' op expected an origin and a step for each of 2 axes, but got 1 and 2}}
  %0 = vit.weight_sinusoids grid [2, 3] origin [0.0] step [1.0, 1.0] theta 100.0 : tensor<2x6x4xf32>
  return
}

// -----

func.func @weight_sinusoids_c3() {
  // expected-error@+1 {{'vit.weight_sinusoids' op expected as many angles for each of 2 axes, but got 5}}
  %0 = vit.weight_sinusoids grid [2, 3] origin [0.0, 0.0] step [1.0, 1.0] theta 100.0 : tensor<2x6x5xf32>
  return
}

// -----

func.func @weight_sinusoids_c4() {
  // expected-error@+1 {{'vit.weight_sinusoids' op expected a positive theta, but got 0.000000e+00 : f64}}
  %0 = vit.weight_sinusoids grid [2, 3] origin [0.0, 0.0] step [1.0, 1.0] theta 0.0 : tensor<2x6x4xf32>
  return
}

// -----

func.func @weight_c1() {
  // expected-error@+1 {{'vit.weight' op expected a tensor name that is not empty}}
  %0 = vit.weight "" : tensor<4xf32>
  return
}

// -----

func.func @weight_c0(%x: tensor<4xf32>) {
  %w = vit.weight "w" : tensor<4xf32>
  // expected-error@+1 {{'vit.weight_add' op expected operand 1 to be the result of a weight op}}
  %0 = vit.weight_add %w, %x : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @weight_concat_c3() {
  %w = vit.weight "w" : tensor<2x3xf32>
  %v = vit.weight "v" : tensor<3x3xf32>
  // expected-error@+1 {{'vit.weight_concat' op expected inputs that differ in dimension 1 only, but got 'tensor<2x3xf32>' and 'tensor<3x3xf32>'}}
  %0 = vit.weight_concat %w, %v dim 1 : (tensor<2x3xf32>, tensor<3x3xf32>) -> tensor<2x6xf32>
  return
}

// -----

func.func @weight_slice_c2() {
  %w = vit.weight "w" : tensor<2x3xf32>
  // expected-error@+1 {{'vit.weight_slice' op expected a range within the 2 elements of dimension 0, but got 2 from 1}}
  %0 = vit.weight_slice %w dim 0 [1, 2] : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @weight_reshape_c1() {
  %w = vit.weight "w" : tensor<2x3xf32>
  // expected-error@+1 {{'vit.weight_reshape' op expected 6 elements in the result as in the input, but got 5}}
  %0 = vit.weight_reshape %w : (tensor<2x3xf32>) -> tensor<5xf32>
  return
}

// -----

func.func @weight_transpose_result() {
  %w = vit.weight "w" : tensor<2x3xf32>
  // expected-error@+1 {{'vit.weight_transpose' op expected the result's type to be 'tensor<3x2xf32>', but got 'tensor<2x3xf32>'}}
  %0 = vit.weight_transpose %w [1, 0] : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @weight_scale_result() {
  %w = vit.weight "w" : tensor<2x3xf32>
  // expected-error@+1 {{'vit.weight_scale' op expected the result's type to be 'tensor<2x3xf32>', but got 'tensor<6xf32>'}}
  %0 = vit.weight_scale %w by 2.0 : (tensor<2x3xf32>) -> tensor<6xf32>
  return
}

// -----

func.func @weight_scale_dim_c1() {
  %w = vit.weight "w" : tensor<2x3xf32>
  %v = vit.weight "v" : tensor<2xf32>
  // expected-error@+1 {{'vit.weight_scale_dim' op expected dim to be a dimension of a tensor of rank 2, but got 2}}
  %0 = vit.weight_scale_dim %w by %v dim 2 : (tensor<2x3xf32>, tensor<2xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @weight_scale_dim_c2() {
  %w = vit.weight "w" : tensor<2x3xf32>
  %v = vit.weight "v" : tensor<2xf32>
  // expected-error@+1 {{'vit.weight_scale_dim' op expected factors of rank 1 with 3 elements (the scaled dimension), but got 'tensor<2xf32>'}}
  %0 = vit.weight_scale_dim %w by %v dim 1 : (tensor<2x3xf32>, tensor<2xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @weight_matvec_c1_matrix() {
  %v = vit.weight "v" : tensor<2xf32>
  // expected-error@+1 {{'vit.weight_matvec' op expected matrix of rank 2, but got 'tensor<2xf32>'}}
  %0 = vit.weight_matvec %v, %v : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @weight_matvec_c1_vector() {
  %w = vit.weight "w" : tensor<2x3xf32>
  %v = vit.weight "v" : tensor<2xf32>
  // expected-error@+1 {{'vit.weight_matvec' op expected vector of rank 1 with 3 elements (the matrix's columns), but got 'tensor<2xf32>'}}
  %0 = vit.weight_matvec %w, %v : (tensor<2x3xf32>, tensor<2xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @weight_standardize_c1() {
  %v = vit.weight "v" : tensor<4xf32>
  // expected-error@+1 {{'vit.weight_standardize' op expected input of rank 2 at least, but got 'tensor<4xf32>'}}
  %0 = vit.weight_standardize %v {epsilon = 1.0e-8 : f64} : (tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @weight_standardize_c2() {
  %v = vit.weight "v" : tensor<4x3xf32>
  // expected-error@+1 {{'vit.weight_standardize' op expected an epsilon that is finite and not negative, but got -1.000000e+00 : f64}}
  %0 = vit.weight_standardize %v {epsilon = -1.0 : f64} : (tensor<4x3xf32>) -> tensor<4x3xf32>
  return
}

// -----

func.func @weight_rsqrt_c1() {
  %v = vit.weight "v" : tensor<4xf32>
  // expected-error@+1 {{'vit.weight_rsqrt' op expected an epsilon that is finite and not negative, but got 0x7FF0000000000000 : f64}}
  %0 = vit.weight_rsqrt %v {epsilon = 0x7FF0000000000000 : f64} : (tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @weight_winograd_c1_rank() {
  %v = vit.weight "v" : tensor<4x9xf32>
  // expected-error@+1 {{'vit.weight_winograd' op expected input of rank 4, but got 'tensor<4x9xf32>'}}
  %0 = vit.weight_winograd %v tile 4 : (tensor<4x9xf32>) -> tensor<4x36x1xf32>
  return
}

// -----

func.func @weight_winograd_c1_size() {
  %v = vit.weight "v" : tensor<4x2x3x5xf32>
  // expected-error@+1 {{'vit.weight_winograd' op expected filters of 3 x 3, but got 3 x 5}}
  %0 = vit.weight_winograd %v tile 4 : (tensor<4x2x3x5xf32>) -> tensor<4x36x2xf32>
  return
}

// -----

func.func @weight_winograd_c2() {
  %v = vit.weight "v" : tensor<4x2x3x3xf32>
  // expected-error@+1 {{'vit.weight_winograd' op expected a tile of 2 or 4, but got 3}}
  %0 = vit.weight_winograd %v tile 3 : (tensor<4x2x3x3xf32>) -> tensor<4x25x2xf32>
  return
}

// -----

func.func @weight_resample_kernel_c1() {
  %v = vit.weight "v" : tensor<4x9xf32>
  // expected-error@+1 {{'vit.weight_resample_kernel' op expected input of rank 4, but got 'tensor<4x9xf32>'}}
  %0 = vit.weight_resample_kernel bilinear %v to [2, 2] : (tensor<4x9xf32>) -> tensor<4x2x2xf32>
  return
}

// -----

func.func @weight_resample_kernel_c2_filters() {
  %v = vit.weight "v" : tensor<4x2x3x257xf32>
  // expected-error@+1 {{'vit.weight_resample_kernel' op expected filters to have two sizes from 1 to 256, but got [3, 257]}}
  %0 = vit.weight_resample_kernel bilinear %v to [2, 2] : (tensor<4x2x3x257xf32>) -> tensor<4x2x2x2xf32>
  return
}

// -----

func.func @weight_resample_kernel_c2_to() {
  %v = vit.weight "v" : tensor<4x2x3x3xf32>
  // expected-error@+1 {{'vit.weight_resample_kernel' op expected 'to' to have two sizes from 1 to 256, but got [2, 0]}}
  %0 = vit.weight_resample_kernel bilinear %v to [2, 0] : (tensor<4x2x3x3xf32>) -> tensor<4x2x2x0xf32>
  return
}

// -----

func.func @weight_resample_kernel_c3() {
  %v = vit.weight "v" : tensor<4x2x3x3xf32>
  // expected-error@+1 {{'vit.weight_resample_kernel' op expected bilinear or bicubic_antialias, but got bicubic}}
  %0 = vit.weight_resample_kernel bicubic %v to [2, 2] : (tensor<4x2x3x3xf32>) -> tensor<4x2x2x2xf32>
  return
}

// -----

func.func @weight_resample_taps_c1() {
  // expected-error@+1 {{'vit.weight_resample_taps' op expected 'from' and 'to' to be from 1 to 1048576, but got 0 and 4}}
  %0 = vit.weight_resample_taps bilinear from 0 to 4 : tensor<4x1xf32>
  return
}

// -----

func.func @weight_resample_taps_c1_large() {
  // expected-error@+1 {{'vit.weight_resample_taps' op expected 'from' and 'to' to be from 1 to 1048576, but got 4 and 1048577}}
  %0 = vit.weight_resample_taps nearest from 4 to 1048577 : tensor<1048577x2xf32>
  return
}

// -----

func.func @weight_resample_taps_c2() {
  // expected-error@+1 {{'vit.weight_resample_taps' op expected a kind for maps, but got bicubic_offset}}
  %0 = vit.weight_resample_taps bicubic_offset from 4 to 4 : tensor<4x5xf32>
  return
}

// -----

func.func @weight_resample_taps_c3() {
  // expected-error@+1 {{'vit.weight_resample_taps' op expected a result of 4x8, but got 'tensor<4x3xf32>'}}
  %0 = vit.weight_resample_taps bilinear_antialias from 12 to 4 : tensor<4x3xf32>
  return
}

// -----

func.func @weight_window_mask_c1() {
  // expected-error@+1 {{'vit.weight_window_mask' op expected a result of 6x1x9x9, but got 'tensor<4x1x9x9xf32>'}}
  %0 = vit.weight_window_mask <map [6, 9] window [3, 3] shift [1, 0]> value -100.0 : tensor<4x1x9x9xf32>
  return
}

// -----

func.func @weight_window_mask_c1_edges() {
  // expected-error@+1 {{'vit.weight_window_mask' op expected a result of 4x1x9x9, but got 'tensor<6x1x9x9xf32>'}}
  %0 = vit.weight_window_mask <map [6, 9] window [3, 3] shift [1, 0]> value -100.0 by_edge : tensor<6x1x9x9xf32>
  return
}

// -----

func.func @weight_window_mask_c2() {
  // expected-error@+1 {{'vit.weight_window_mask' op expected a finite value, but got 0xFFF0000000000000 : f64}}
  %0 = vit.weight_window_mask <map [6, 9] window [3, 3] shift [1, 0]> value 0xFFF0000000000000 : tensor<6x1x9x9xf32>
  return
}

// -----

func.func @windows_c1_map() {
  // expected-error@+1 {{expected a map and a window of two sizes from 1 to 1048576, but got [6] and [3, 3]}}
  %0 = vit.weight_window_mask <map [6] window [3, 3] shift [1, 0]> value -100.0 : tensor<6x1x9x9xf32>
  return
}

// -----

func.func @windows_c1_shift() {
  // expected-error@+1 {{expected two shifts from 0 to below the window's [3, 3], but got [1, 3]}}
  %0 = vit.weight_window_mask <map [6, 9] window [3, 3] shift [1, 3]> value -100.0 : tensor<6x1x9x9xf32>
  return
}

// -----

func.func @weight_continuous_positions_c1() {
  %f = vit.weight "f" : tensor<16x3xf32>
  %b = vit.weight "b" : tensor<16xf32>
  %g = vit.weight "g" : tensor<2x16xf32>
  // expected-error@+1 {{'vit.weight_continuous_positions' op expected a first layer of two columns and a second one of its rows, but got 'tensor<16x3xf32>' and 'tensor<2x16xf32>'}}
  %0 = vit.weight_continuous_positions %f, %b, %g window [3, 2] trained [8, 8] : (tensor<16x3xf32>, tensor<16xf32>, tensor<2x16xf32>) -> tensor<15x2xf32>
  return
}

// -----

func.func @weight_continuous_positions_c1_bias() {
  %f = vit.weight "f" : tensor<16x2xf32>
  %b = vit.weight "b" : tensor<2xf32>
  %g = vit.weight "g" : tensor<2x16xf32>
  // expected-error@+1 {{'vit.weight_continuous_positions' op expected bias of rank 1 with 16 elements (the first layer's rows), but got 'tensor<2xf32>'}}
  %0 = vit.weight_continuous_positions %f, %b, %g window [3, 2] trained [8, 8] : (tensor<16x2xf32>, tensor<2xf32>, tensor<2x16xf32>) -> tensor<15x2xf32>
  return
}

// -----

func.func @weight_continuous_positions_c2() {
  %f = vit.weight "f" : tensor<16x2xf32>
  %b = vit.weight "b" : tensor<16xf32>
  %g = vit.weight "g" : tensor<2x16xf32>
  // expected-error@+1 {{'vit.weight_continuous_positions' op expected window to be two sizes from 1 to 1048576, but got [3]}}
  %0 = vit.weight_continuous_positions %f, %b, %g window [3] trained [8, 8] : (tensor<16x2xf32>, tensor<16xf32>, tensor<2x16xf32>) -> tensor<15x2xf32>
  return
}

// -----

func.func @weight_continuous_positions_c3() {
  %f = vit.weight "f" : tensor<16x2xf32>
  %b = vit.weight "b" : tensor<16xf32>
  %g = vit.weight "g" : tensor<2x16xf32>
  // expected-error@+1 {{'vit.weight_continuous_positions' op expected sizes above 1 where the window's are, but got [8, 1] for [3, 2]}}
  %0 = vit.weight_continuous_positions %f, %b, %g window [3, 2] trained [8, 1] : (tensor<16x2xf32>, tensor<16xf32>, tensor<2x16xf32>) -> tensor<15x2xf32>
  return
}

// -----

func.func @weight_exp_c1() {
  %f = vit.weight "f" : tensor<16xf32>
  // expected-error@+1 {{'vit.weight_exp' op expected a finite limit}}
  %0 = vit.weight_exp %f most 0x7FF0000000000000 : (tensor<16xf32>) -> tensor<16xf32>
  return
}

// -----

// weight_matmul, constraint 1: matrices.
func.func @weight_matmul_c1() {
  %a = vit.weight "a" : tensor<4x3xf32>
  %b = vit.weight "b" : tensor<3xf32>
  // expected-error@+1 {{'vit.weight_matmul' op expected rhs of rank 2, but got 'tensor<3xf32>'}}
  %0 = vit.weight_matmul %a, %b : (tensor<4x3xf32>, tensor<3xf32>) -> tensor<4x1xf32>
  return
}

// -----

// weight_matmul, constraint 2: as many rows as columns.
func.func @weight_matmul_c2() {
  %a = vit.weight "a" : tensor<4x3xf32>
  %b = vit.weight "b" : tensor<2x5xf32>
  // expected-error@+1 {{'vit.weight_matmul' op expected rhs of 3 rows (lhs's columns), but got 'tensor<2x5xf32>'}}
  %0 = vit.weight_matmul %a, %b : (tensor<4x3xf32>, tensor<2x5xf32>) -> tensor<4x5xf32>
  return
}

// -----

func.func @weight_quantize_c1_rank() {
  %v = vit.weight "v" : tensor<4xf32>
  // expected-error@+1 {{'vit.weight_quantize' op expected input of rank 2, but got 'tensor<4xf32>'}}
  %0 = vit.weight_quantize %v : (tensor<4xf32>) -> tensor<4xi8>
  return
}

// -----

func.func @weight_quantize_c1_type() {
  %v = vit.weight "v" : tensor<4x5xf64>
  // expected-error@+1 {{'vit.weight_quantize_scale' op expected a matrix of f32, but got 'tensor<4x5xf64>'}}
  %0 = vit.weight_quantize_scale %v : (tensor<4x5xf64>) -> tensor<4xf64>
  return
}

// -----

func.func @weight_quantize_c1_sum() {
  %v = vit.weight "v" : tensor<4x5x1xf32>
  // expected-error@+1 {{'vit.weight_quantize_sum' op expected input of rank 2, but got 'tensor<4x5x1xf32>'}}
  %0 = vit.weight_quantize_sum %v : (tensor<4x5x1xf32>) -> tensor<4xf32>
  return
}

// -----

// expected-error@+1 {{expected 'vit.precision' to be a precision, but got "int8"}}
module attributes {vit.precision = "int8"} {}

// -----

// expected-error@+1 {{expected 'vit.keep_f32' to be patterns, but got ["a[b"]}}
module attributes {vit.keep_f32 = ["a[b"]} {}

// -----

// weight_reverse, constraint 1: a dimension.
func.func @weight_reverse_c1() {
  %a = vit.weight "a" : tensor<4x3xf32>
  // expected-error@+1 {{'vit.weight_reverse' op expected a dimension of 'tensor<4x3xf32>', but got 2}}
  %0 = vit.weight_reverse %a dim 2 : (tensor<4x3xf32>) -> tensor<4x3xf32>
  return
}
