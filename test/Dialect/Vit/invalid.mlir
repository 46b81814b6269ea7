// RUN: vitc-opt --split-input-file --verify-diagnostics %s

// Every constraint of every primitive op on values: @OP_cN violates constraint N of OP's description, @OP_result has the
// wrong result type. At the end, attributes of functions and modules.

func.func @conv2d_c1_input(%x: tensor<4x3xf32>, %w: tensor<6x3x2x2xf32>) {
  // expected-error@+1 {{'vit.conv2d' op expected input of rank 3, but got 'tensor<4x3xf32>'}}
  %0 = vit.conv2d %x, %w : (tensor<4x3xf32>, tensor<6x3x2x2xf32>) -> tensor<1x1x6xf32>
  return
}

// -----

func.func @conv2d_c1_weight(%x: tensor<4x4x3xf32>, %w: tensor<6x3x2xf32>) {
  // expected-error@+1 {{'vit.conv2d' op expected weight of rank 4, but got 'tensor<6x3x2xf32>'}}
  %0 = vit.conv2d %x, %w : (tensor<4x4x3xf32>, tensor<6x3x2xf32>) -> tensor<1x1x6xf32>
  return
}

// -----

func.func @conv2d_c1_bias(%x: tensor<4x4x3xf32>, %w: tensor<6x3x2x2xf32>, %b: tensor<5xf32>) {
  // expected-error@+1 {{'vit.conv2d' op expected bias of rank 1 with 6 elements (the weight's first dimension), but got 'tensor<5xf32>'}}
  %0 = vit.conv2d %x, %w, %b : (tensor<4x4x3xf32>, tensor<6x3x2x2xf32>, tensor<5xf32>) -> tensor<3x3x6xf32>
  return
}

// -----

func.func @conv2d_c2_strides(%x: tensor<4x4x3xf32>, %w: tensor<6x3x2x2xf32>) {
  // expected-error@+1 {{'vit.conv2d' op expected two strides and two dilations of at least 1, but got [2] and [1, 1]}}
  %0 = vit.conv2d %x, %w {stride = array<i64: 2>} : (tensor<4x4x3xf32>, tensor<6x3x2x2xf32>) -> tensor<3x3x6xf32>
  return
}

// -----

func.func @conv2d_c2_dilations(%x: tensor<4x4x3xf32>, %w: tensor<6x3x2x2xf32>) {
  // expected-error@+1 {{'vit.conv2d' op expected two strides and two dilations of at least 1, but got [1, 1] and [1, 0]}}
  %0 = vit.conv2d %x, %w {dilation = array<i64: 1, 0>} : (tensor<4x4x3xf32>, tensor<6x3x2x2xf32>) -> tensor<3x3x6xf32>
  return
}

// -----

func.func @conv2d_c2_paddings(%x: tensor<4x4x3xf32>, %w: tensor<6x3x2x2xf32>) {
  // expected-error@+1 {{'vit.conv2d' op expected four paddings of at least 0, but got [1, 1, 1, -1]}}
  %0 = vit.conv2d %x, %w {padding = array<i64: 1, 1, 1, -1>} : (tensor<4x4x3xf32>, tensor<6x3x2x2xf32>) -> tensor<3x3x6xf32>
  return
}

// -----

func.func @conv2d_c2_groups(%x: tensor<4x4x3xf32>, %w: tensor<6x3x2x2xf32>) {
  // expected-error@+1 {{'vit.conv2d' op expected groups to be at least 1, but got 0}}
  %0 = vit.conv2d %x, %w {groups = 0 : i64} : (tensor<4x4x3xf32>, tensor<6x3x2x2xf32>) -> tensor<3x3x6xf32>
  return
}

// -----

func.func @conv2d_c3_channels(%x: tensor<4x4x3xf32>, %w: tensor<6x3x2x2xf32>) {
  // expected-error@+1 {{'vit.conv2d' op expected weight for 3 channels (the input's) in 3 groups, but got one for 3 channels in each}}
  %0 = vit.conv2d %x, %w {groups = 3 : i64} : (tensor<4x4x3xf32>, tensor<6x3x2x2xf32>) -> tensor<3x3x6xf32>
  return
}

// -----

func.func @conv2d_c3_features(%x: tensor<4x4x4xf32>, %w: tensor<3x2x2x2xf32>) {
  // expected-error@+1 {{'vit.conv2d' op expected groups to divide 3 (the weight's first dimension), but got 2}}
  %0 = vit.conv2d %x, %w {groups = 2 : i64} : (tensor<4x4x4xf32>, tensor<3x2x2x2xf32>) -> tensor<3x3x3xf32>
  return
}

// -----

func.func @conv2d_c4(%x: tensor<4x4x3xf32>, %w: tensor<6x3x2x2xf32>) {
  // expected-error@+1 {{'vit.conv2d' op expected a dilated kernel of at most 4 (the padded input) in dimension 1, but got 5}}
  %0 = vit.conv2d %x, %w {dilation = array<i64: 1, 4>} : (tensor<4x4x3xf32>, tensor<6x3x2x2xf32>) -> tensor<3x3x6xf32>
  return
}

// -----

func.func @conv2d_result(%x: tensor<4x4x3xf32>, %w: tensor<6x3x2x2xf32>) {
  // expected-error@+1 {{'vit.conv2d' op expected the result's type to be 'tensor<2x2x6xf32>', but got 'tensor<3x3x6xf32>'}}
  %0 = vit.conv2d %x, %w {stride = array<i64: 2, 3>, padding = array<i64: 1, 0, 0, 2>} : (tensor<4x4x3xf32>, tensor<6x3x2x2xf32>) -> tensor<3x3x6xf32>
  return
}

// -----

func.func @linear_input(%x: tensor<f32>, %w: tensor<2x3xf32>) {
  // expected-error@+1 {{'vit.linear' op expected input of rank 1 or more, but got 'tensor<f32>'}}
  %0 = vit.linear %x, %w : (tensor<f32>, tensor<2x3xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @linear_c1_columns(%x: tensor<5x4xf32>, %w: tensor<2x3xf32>) {
  // expected-error@+1 {{'vit.linear' op expected weight of rank 2 whose last dimension is 4 (the input's), but got 'tensor<2x3xf32>'}}
  %0 = vit.linear %x, %w : (tensor<5x4xf32>, tensor<2x3xf32>) -> tensor<5x2xf32>
  return
}

// -----

func.func @linear_c1_rank(%x: tensor<5x4xf32>, %w: tensor<4xf32>) {
  // expected-error@+1 {{'vit.linear' op expected weight of rank 2 whose last dimension is 4 (the input's), but got 'tensor<4xf32>'}}
  %0 = vit.linear %x, %w : (tensor<5x4xf32>, tensor<4xf32>) -> tensor<5x2xf32>
  return
}

// -----

func.func @linear_c2(%x: tensor<5x4xf32>, %w: tensor<2x4xf32>, %b: tensor<1x2xf32>) {
  // expected-error@+1 {{'vit.linear' op expected bias of rank 1 with 2 elements (the weight's rows), but got 'tensor<1x2xf32>'}}
  %0 = vit.linear %x, %w, %b : (tensor<5x4xf32>, tensor<2x4xf32>, tensor<1x2xf32>) -> tensor<5x2xf32>
  return
}

// -----

func.func @linear_result(%x: tensor<5x4xf32>, %w: tensor<2x4xf32>) {
  // expected-error@+1 {{'vit.linear' op expected the result's type to be 'tensor<5x2xf32>', but got 'tensor<5x3xf32>'}}
  %0 = vit.linear %x, %w : (tensor<5x4xf32>, tensor<2x4xf32>) -> tensor<5x3xf32>
  return
}

// -----

func.func @element_types(%x: tensor<5x4xf32>, %w: tensor<2x4xf16>) {
  // expected-error@+1 {{'vit.linear' op requires the same element type for all operands and results}}
  %0 = vit.linear %x, %w : (tensor<5x4xf32>, tensor<2x4xf16>) -> tensor<5x2xf32>
  return
}

// -----

func.func @dynamic_shape(%x: tensor<?x4xf32>) {
  // expected-error@+1 {{'vit.softmax' op operand #0 must be statically shaped tensor of floating-point values}}
  %0 = vit.softmax %x : (tensor<?x4xf32>) -> tensor<?x4xf32>
  return
}

// -----

func.func @matmul_c1(%x: tensor<5x4xf32>, %y: tensor<1x4x5xf32>) {
  // expected-error@+1 {{'vit.matmul' op expected operands of the same rank, at least 2, but got 'tensor<5x4xf32>' and 'tensor<1x4x5xf32>'}}
  %0 = vit.matmul %x, %y : (tensor<5x4xf32>, tensor<1x4x5xf32>) -> tensor<5x5xf32>
  return
}

// -----

func.func @matmul_c2(%x: tensor<2x5x4xf32>, %y: tensor<1x4x5xf32>) {
  // expected-error@+1 {{'vit.matmul' op expected equal leading dimensions, but got 'tensor<2x5x4xf32>' and 'tensor<1x4x5xf32>'}}
  %0 = vit.matmul %x, %y : (tensor<2x5x4xf32>, tensor<1x4x5xf32>) -> tensor<2x5x5xf32>
  return
}

// -----

func.func @matmul_c3(%x: tensor<5x4xf32>, %y: tensor<4x3xf32>) {
  // expected-error@+1 {{'vit.matmul' op expected the same contracted dimension, but got 4 and 3}}
  %0 = vit.matmul %x, %y {transpose_rhs} : (tensor<5x4xf32>, tensor<4x3xf32>) -> tensor<5x4xf32>
  return
}

// -----

func.func @matmul_result(%x: tensor<5x4xf32>, %y: tensor<3x4xf32>) {
  // expected-error@+1 {{'vit.matmul' op expected the result's type to be 'tensor<5x3xf32>', but got 'tensor<3x5xf32>'}}
  %0 = vit.matmul %x, %y {transpose_rhs} : (tensor<5x4xf32>, tensor<3x4xf32>) -> tensor<3x5xf32>
  return
}

// -----

func.func @layer_norm_c1(%x: tensor<5x4xf32>, %v: tensor<4xf32>) {
  // expected-error@+1 {{'vit.layer_norm' op expected weight and bias, or none of both}}
  %0 = "vit.layer_norm"(%x, %v) <{epsilon = 0.5 : f64, operandSegmentSizes = array<i32: 1, 1, 0>}> : (tensor<5x4xf32>, tensor<4xf32>) -> tensor<5x4xf32>
  return
}

// -----

func.func @layer_norm_c2(%x: tensor<5x4xf32>, %v: tensor<4xf32>, %b: tensor<5xf32>) {
  // expected-error@+1 {{'vit.layer_norm' op expected bias of rank 1 with 4 elements (the input's last dimension), but got 'tensor<5xf32>'}}
  %0 = vit.layer_norm %x, %v, %b {epsilon = 0.5 : f64} : (tensor<5x4xf32>, tensor<4xf32>, tensor<5xf32>) -> tensor<5x4xf32>
  return
}

// -----

func.func @layer_norm_c3(%x: tensor<5x4xf32>) {
  // expected-error@+1 {{'vit.layer_norm' op expected an epsilon that is not negative, but got -5.000000e-01}}
  %0 = vit.layer_norm %x {epsilon = -0.5 : f64} : (tensor<5x4xf32>) -> tensor<5x4xf32>
  return
}

// -----

func.func @softmax_c1(%x: tensor<f32>) {
  // expected-error@+1 {{'vit.softmax' op expected input of rank 1 or more, but got 'tensor<f32>'}}
  %0 = vit.softmax %x : (tensor<f32>) -> tensor<f32>
  return
}

// -----

func.func @activation_result(%x: tensor<4xf32>) {
  // expected-error@+1 {{'vit.activation' op expected the result's type to be 'tensor<4xf32>', but got 'tensor<5xf32>'}}
  %0 = vit.activation relu %x : (tensor<4xf32>) -> tensor<5xf32>
  return
}

// -----

func.func @add_c1(%x: tensor<5x4xf32>, %y: tensor<5xf32>) {
  // expected-error@+1 {{'vit.add' op expected shapes that broadcast, but got 'tensor<5x4xf32>' and 'tensor<5xf32>'}}
  %0 = vit.add %x, %y : (tensor<5x4xf32>, tensor<5xf32>) -> tensor<5x4xf32>
  return
}

// -----

func.func @mul_result(%x: tensor<5x1xf32>, %y: tensor<4xf32>) {
  // expected-error@+1 {{'vit.mul' op expected the result's type to be 'tensor<5x4xf32>', but got 'tensor<5x1xf32>'}}
  %0 = vit.mul %x, %y : (tensor<5x1xf32>, tensor<4xf32>) -> tensor<5x1xf32>
  return
}

// -----

func.func @reshape_c1(%x: tensor<5x4xf32>) {
  // expected-error@+1 {{'vit.reshape' op expected 20 elements in the result as in the input, but got 15}}
  %0 = vit.reshape %x : (tensor<5x4xf32>) -> tensor<5x3xf32>
  return
}

// -----

func.func @transpose_c1(%x: tensor<5x4xf32>) {
  // expected-error@+1 {{'vit.transpose' op expected a permutation of 2 dimensions, but got [1, 1]}}
  %0 = vit.transpose %x [1, 1] : (tensor<5x4xf32>) -> tensor<4x5xf32>
  return
}

// -----

func.func @concat_c1() {
  // expected-error@+1 {{'vit.concat' op expected 1 or more operands, but found 0}}
  %0 = vit.concat dim 0 : () -> tensor<4xf32>
  return
}

// -----

func.func @concat_c2_dim(%x: tensor<5x4xf32>) {
  // expected-error@+1 {{'vit.concat' op expected dim to be a dimension of a tensor of rank 2, but got 2}}
  %0 = vit.concat %x dim 2 : (tensor<5x4xf32>) -> tensor<5x4xf32>
  return
}

// -----

func.func @concat_c2_rank(%x: tensor<5x4xf32>, %y: tensor<5xf32>) {
  // expected-error@+1 {{'vit.concat' op expected inputs that differ in dimension 0 only, but got 'tensor<5x4xf32>' and 'tensor<5xf32>'}}
  %0 = vit.concat %x, %y dim 0 : (tensor<5x4xf32>, tensor<5xf32>) -> tensor<5x4xf32>
  return
}

// -----

func.func @concat_c3(%x: tensor<5x4xf32>, %y: tensor<5x3xf32>) {
  // expected-error@+1 {{'vit.concat' op expected inputs that differ in dimension 0 only, but got 'tensor<5x4xf32>' and 'tensor<5x3xf32>'}}
  %0 = vit.concat %x, %y dim 0 : (tensor<5x4xf32>, tensor<5x3xf32>) -> tensor<10x4xf32>
  return
}

// -----

func.func @slice_c1(%x: tensor<5x4xf32>) {
  // expected-error@+1 {{'vit.slice' op expected dim to be a dimension of a tensor of rank 2, but got -1}}
  %0 = vit.slice %x dim -1 [0, 1] : (tensor<5x4xf32>) -> tensor<5x1xf32>
  return
}

// -----

func.func @slice_c2_end(%x: tensor<5x4xf32>) {
  // expected-error@+1 {{'vit.slice' op expected a range within the 4 elements of dimension 1, but got 3 from 2}}
  %0 = vit.slice %x dim 1 [2, 3] : (tensor<5x4xf32>) -> tensor<5x3xf32>
  return
}

// -----

func.func @slice_c2_huge(%x: tensor<5x4xf32>) {
  // expected-error@+1 {{'vit.slice' op expected a range within the 4 elements of dimension 1, but got 1 from 9223372036854775807}}
  %0 = vit.slice %x dim 1 [9223372036854775807, 1] : (tensor<5x4xf32>) -> tensor<5x1xf32>
  return
}

// -----

func.func @slice_c2_empty(%x: tensor<5x4xf32>) {
  // expected-error@+1 {{'vit.slice' op expected a range within the 4 elements of dimension 1, but got 0 from 2}}
  %0 = vit.slice %x dim 1 [2, 0] : (tensor<5x4xf32>) -> tensor<5x0xf32>
  return
}

// -----

func.func @reduce_mean_c1(%x: tensor<5x4xf32>) {
  // expected-error@+1 {{'vit.reduce_mean' op expected dim to be a dimension of a tensor of rank 2, but got 2}}
  %0 = vit.reduce_mean %x dim 2 : (tensor<5x4xf32>) -> tensor<5x4xf32>
  return
}

// -----

func.func @reduce_max_c1(%x: tensor<5x4xf32>) {
  // expected-error@+1 {{'vit.reduce_max' op expected dim to be a dimension of a tensor of rank 2, but got 2}}
  %0 = vit.reduce_max %x dim 2 : (tensor<5x4xf32>) -> tensor<5x4xf32>
  return
}

// -----

func.func @reduce_norm_c1(%x: tensor<5x4xf32>) {
  // expected-error@+1 {{'vit.reduce_norm' op expected dim to be a dimension of a tensor of rank 2, but got 2}}
  %0 = vit.reduce_norm %x dim 2 : (tensor<5x4xf32>) -> tensor<5x4xf32>
  return
}

// -----

func.func @reduce_mean_result(%x: tensor<5x4xf32>) {
  // expected-error@+1 {{'vit.reduce_mean' op expected the result's type to be 'tensor<1x4xf32>', but got 'tensor<4xf32>'}}
  %0 = vit.reduce_mean %x dim 0 : (tensor<5x4xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @rotary_c1(%x: tensor<8xf32>, %t: tensor<2x1x4xf32>) {
  // expected-error@+1 {{'vit.rotary' op expected input of rank 2 or more, but got 'tensor<8xf32>'}}
  %0 = vit.rotary %x by %t : (tensor<8xf32>, tensor<2x1x4xf32>) -> tensor<8xf32>
  return
}

// -----

func.func @rotary_c2_rank(%x: tensor<5x8xf32>, %t: tensor<5x4xf32>) {
  // expected-error@+1 {{'vit.rotary' op expected table of rank 3, but got 'tensor<5x4xf32>'}}
  %0 = vit.rotary %x by %t : (tensor<5x8xf32>, tensor<5x4xf32>) -> tensor<5x8xf32>
  return
}

// -----

func.func @rotary_c2_parts(%x: tensor<5x8xf32>, %t: tensor<3x5x4xf32>) {
  // expected-error@+1 {{'vit.rotary' op expected table with cosines and sines, but got 3 parts}}
  %0 = vit.rotary %x by %t : (tensor<5x8xf32>, tensor<3x5x4xf32>) -> tensor<5x8xf32>
  return
}

// -----

func.func @concat_c4(%x: tensor<2x3xi64>, %y: tensor<2x3xf32>) {
  // expected-error@+1 {{'vit.concat' op requires the same element type for all operands and results}}
  %0 = vit.concat %x, %y dim 0 : (tensor<2x3xi64>, tensor<2x3xf32>) -> tensor<4x3xi64>
  return
}

// -----

func.func @cast_c1(%x: tensor<2x3xi64>) {
  // expected-error@+1 {{'vit.cast' op expected a result of the input's shape, but got 'tensor<3x2xf32>'}}
  %0 = vit.cast %x : (tensor<2x3xi64>) -> tensor<3x2xf32>
  return
}

// -----

// Whatever an input can be, nothing else.
func.func @cast_type(%x: tensor<2x3xi16>) {
  // expected-error@+1 {{'vit.cast' op operand #0 must be statically shaped tensor of floating-point or 32-bit signless integer or 64-bit signless integer or 8-bit unsigned integer or 1-bit signless integer values, but got 'tensor<2x3xi16>'}}
  %0 = vit.cast %x : (tensor<2x3xi16>) -> tensor<2x3xf32>
  return
}

// -----

// Integers are moved, not computed with.
func.func @add_type(%x: tensor<2x3xi64>) {
  // expected-error@+1 {{'vit.add' op operand #0 must be statically shaped tensor of floating-point values, but got 'tensor<2x3xi64>'}}
  %0 = vit.add %x, %x : (tensor<2x3xi64>, tensor<2x3xi64>) -> tensor<2x3xi64>
  return
}

// -----

func.func @rotary_c3(%x: tensor<5x8xf32>, %t: tensor<2x6x4xf32>) {
  // expected-error@+1 {{'vit.rotary' op expected table for at most 5 tokens (the input's), but got 6}}
  %0 = vit.rotary %x by %t : (tensor<5x8xf32>, tensor<2x6x4xf32>) -> tensor<5x8xf32>
  return
}

// -----

func.func @rotary_c4(%x: tensor<5x9xf32>, %t: tensor<2x5x4xf32>) {
  // expected-error@+1 {{'vit.rotary' op expected table for half of 9 features (the input's), but got 4}}
  %0 = vit.rotary %x by %t : (tensor<5x9xf32>, tensor<2x5x4xf32>) -> tensor<5x9xf32>
  return
}

// -----

// expected-error@+1 {{expected 'vit.name' to be a string, but got 3 : i64}}
module attributes {vit.name = 3 : i64} {}

// -----

// expected-error@+1 {{expected 'vit.name' to be a string, but got unit}}
func.func @argument_name(%x: tensor<4xf32> {vit.name}) {
  return
}

// -----

// expected-error@+1 {{'vit.not_fused' is not an attribute that the vit dialect knows here}}
func.func private @result_attribute() -> (tensor<4xf32> {vit.not_fused = "x"})

// -----

// expected-error@+1 {{'vit.label' is not an attribute that the vit dialect knows here}}
func.func private @unknown_attribute() attributes {vit.label = "x"}

// -----

func.func @pool2d_c1(%x: tensor<8x4xf32>) {
  // expected-error@+1 {{'vit.pool2d' op expected input of rank 3, but got 'tensor<8x4xf32>'}}
  %0 = vit.pool2d max %x window [2, 2] : (tensor<8x4xf32>) -> tensor<7x3xf32>
  return
}

// -----

func.func @pool2d_c2(%x: tensor<8x8x4xf32>) {
  // expected-error@+1 {{'vit.pool2d' op expected two sizes, two strides and two dilations of at least 1, but got [2, 0], [1, 1] and [1, 1]}}
  %0 = vit.pool2d max %x window [2, 0] : (tensor<8x8x4xf32>) -> tensor<7x9x4xf32>
  return
}

// -----

func.func @pool2d_c3(%x: tensor<8x8x4xf32>) {
  // expected-error@+1 {{'vit.pool2d' op expected four paddings from 0 to half of the window, but got [0, 2, 0, 0]}}
  %0 = vit.pool2d max %x window [3, 3] {padding = array<i64: 0, 2, 0, 0>} : (tensor<8x8x4xf32>) -> tensor<6x8x4xf32>
  return
}

// -----

func.func @pool2d_c4_dilation(%x: tensor<8x8x4xf32>) {
  // expected-error@+1 {{'vit.pool2d' op expected no dilation of an average, but got [1, 2]}}
  %0 = vit.pool2d average %x window [2, 2] {dilation = array<i64: 1, 2>} : (tensor<8x8x4xf32>) -> tensor<7x6x4xf32>
  return
}

// -----

func.func @pool2d_c4_padding(%x: tensor<8x8x4xf32>) {
  // expected-error@+1 {{'vit.pool2d' op expected count_include_pad of an average only}}
  %0 = vit.pool2d max %x window [2, 2] {count_include_pad} : (tensor<8x8x4xf32>) -> tensor<7x7x4xf32>
  return
}

// -----

func.func @pool2d_c5(%x: tensor<8x8x4xf32>) {
  // expected-error@+1 {{'vit.pool2d' op expected a dilated window of at most 8 (the padded input) in dimension 1, but got 9}}
  %0 = vit.pool2d max %x window [2, 2] {dilation = array<i64: 1, 8>} : (tensor<8x8x4xf32>) -> tensor<7x1x4xf32>
  return
}

// -----

func.func @pool2d_c5_overflow(%x: tensor<8x8x4xf32>) {
  // expected-error@+1 {{'vit.pool2d' op expected a dilated window of at most 8 (the padded input) in dimension 0, but got 9223372036854775807}}
  %0 = vit.pool2d max %x window [3, 3] {dilation = array<i64: 9223372036854775807, 1>} : (tensor<8x8x4xf32>) -> tensor<7x1x4xf32>
  return
}

// -----

func.func @batch_norm_c1(%x: tensor<f32>, %v: tensor<4xf32>) {
  // expected-error@+1 {{'vit.batch_norm' op expected input of rank 1 or more, but got 'tensor<f32>'}}
  %0 = vit.batch_norm %x, %v, %v, %v, %v {epsilon = 0.5 : f64} : (tensor<f32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<f32>
  return
}

// -----

func.func @batch_norm_c2(%x: tensor<2x4xf32>, %v: tensor<4xf32>, %w: tensor<3xf32>) {
  // expected-error@+1 {{'vit.batch_norm' op expected variance of rank 1 with 4 elements (the input's last dimension), but got 'tensor<3xf32>'}}
  %0 = vit.batch_norm %x, %v, %w, %v, %v {epsilon = 0.5 : f64} : (tensor<2x4xf32>, tensor<4xf32>, tensor<3xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @batch_norm_c3(%x: tensor<2x4xf32>, %v: tensor<4xf32>) {
  // expected-error@+1 {{'vit.batch_norm' op expected an epsilon that is finite and not negative, but got -5.000000e-01 : f64}}
  %0 = vit.batch_norm %x, %v, %v, %v, %v {epsilon = -0.5 : f64} : (tensor<2x4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @resize2d_c1(%x: tensor<8x4xf32>) {
  // expected-error@+1 {{'vit.resize2d' op expected input of rank 3, but got 'tensor<8x4xf32>'}}
  %0 = vit.resize2d bilinear %x size [4, 4] : (tensor<8x4xf32>) -> tensor<4x4xf32>
  return
}

// -----

func.func @resize2d_c2(%x: tensor<8x8x4xf32>) {
  // expected-error@+1 {{'vit.resize2d' op expected a kind for maps, but got geometric}}
  %0 = vit.resize2d geometric %x size [4, 4] : (tensor<8x8x4xf32>) -> tensor<4x4x4xf32>
  return
}

// -----

func.func @resize2d_c3(%x: tensor<8x8x4xf32>) {
  // expected-error@+1 {{'vit.resize2d' op expected 'size' to be two sizes from 1 to 1048576, but got [4, 0]}}
  %0 = vit.resize2d bilinear %x size [4, 0] : (tensor<8x8x4xf32>) -> tensor<4x0x4xf32>
  return
}

// -----

func.func @resize2d_c3_count(%x: tensor<8x8x4xf32>) {
  // expected-error@+1 {{'vit.resize2d' op expected 'size' to be two sizes from 1 to 1048576, but got [4]}}
  %0 = vit.resize2d bilinear %x size [4] : (tensor<8x8x4xf32>) -> tensor<4x8x4xf32>
  return
}

// -----

func.func @resize2d_c3_input(%x: tensor<8x2097152x4xf32>) {
  // expected-error@+1 {{'vit.resize2d' op expected the input to be two sizes from 1 to 1048576, but got [8, 2097152]}}
  %0 = vit.resize2d nearest %x size [4, 4] : (tensor<8x2097152x4xf32>) -> tensor<4x4x4xf32>
  return
}

// -----

func.func @window_partition_c1_rank(%x: tensor<54x8xf32>) {
  // expected-error@+1 {{'vit.window_partition' op expected input of rank 3, but got 'tensor<54x8xf32>'}}
  %0 = vit.window_partition %x <map [6, 9] window [3, 3] shift [1, 0]> : (tensor<54x8xf32>) -> tensor<6x9x8xf32>
  return
}

// -----

func.func @window_partition_c1(%x: tensor<6x8x8xf32>) {
  // expected-error@+1 {{'vit.window_partition' op expected input of the map's [6, 9] pixels, but got 'tensor<6x8x8xf32>'}}
  %0 = vit.window_partition %x <map [6, 9] window [3, 3] shift [1, 0]> : (tensor<6x8x8xf32>) -> tensor<6x9x8xf32>
  return
}

// -----

func.func @window_merge_c1(%x: tensor<6x8x8xf32>) {
  // expected-error@+1 {{'vit.window_merge' op expected input of 6 windows of 9 pixels, but got 'tensor<6x8x8xf32>'}}
  %0 = vit.window_merge %x <map [6, 9] window [3, 3] shift [1, 0]> : (tensor<6x8x8xf32>) -> tensor<6x9x8xf32>
  return
}

// -----

// pad, constraint 1: numbers for each dimension.
func.func @pad_c1(%x: tensor<8x4xf32>) {
  // expected-error@+1 {{'vit.pad' op expected as many elements before and behind as there are dimensions, not negative, but got [1] and [0, 0] for 'tensor<8x4xf32>'}}
  %0 = vit.pad %x low [1] high [0, 0] : (tensor<8x4xf32>) -> tensor<9x4xf32>
  return
}

// -----

// pad, constraint 1: not negative.
func.func @pad_c1_negative(%x: tensor<8x4xf32>) {
  // expected-error@+1 {{'vit.pad' op expected as many elements before and behind as there are dimensions, not negative, but got [1, 0] and [0, -1] for 'tensor<8x4xf32>'}}
  %0 = vit.pad %x low [1, 0] high [0, -1] : (tensor<8x4xf32>) -> tensor<9x3xf32>
  return
}

// -----

// gather, constraint 1: a dimension of the input.
func.func @gather_c1(%x: tensor<8x4xf32>, %i: tensor<3xi32>) {
  // expected-error@+1 {{'vit.gather' op expected dim to be a dimension of a tensor of rank 2, but got 2}}
  %0 = vit.gather %x by %i dim 2 : (tensor<8x4xf32>, tensor<3xi32>) -> tensor<8x4x3xf32>
  return
}

// -----

// gather, constraint 2: whole numbers.
func.func @gather_c2(%x: tensor<8x4xf32>, %i: tensor<3xf32>) {
  // expected-error@+1 {{'vit.gather' op expected indices of i32 or i64, but got 'tensor<3xf32>'}}
  %0 = vit.gather %x by %i dim 0 : (tensor<8x4xf32>, tensor<3xf32>) -> tensor<3x4xf32>
  return
}

// -----

// unfold2d, constraint 1: a map.
func.func @unfold2d_c1(%x: tensor<8x4xf32>) {
  // expected-error@+1 {{'vit.unfold2d' op expected input of rank 3, but got 'tensor<8x4xf32>'}}
  %0 = vit.unfold2d %x window [2, 2] : (tensor<8x4xf32>) -> tensor<7x3x2x2x1xf32>
  return
}

// -----

// unfold2d, constraint 2: sizes and steps.
func.func @unfold2d_c2(%x: tensor<8x8x4xf32>) {
  // expected-error@+1 {{'vit.unfold2d' op expected two sizes, two strides and two dilations of at least 1, but got [2, 2], [0, 1] and [1, 1]}}
  %0 = vit.unfold2d %x window [2, 2] {stride = array<i64: 0, 1>} : (tensor<8x8x4xf32>) -> tensor<7x7x2x2x4xf32>
  return
}

// -----

// unfold2d, constraint 3: the window fits.
func.func @unfold2d_c3(%x: tensor<8x8x4xf32>) {
  // expected-error@+1 {{'vit.unfold2d' op expected a dilated window of at most 8 (the input) in dimension 1, but got 9}}
  %0 = vit.unfold2d %x window [2, 3] {dilation = array<i64: 1, 4>} : (tensor<8x8x4xf32>) -> tensor<7x1x2x3x4xf32>
  return
}

// -----

// decomposed_positions, constraint 1: query's rank.
func.func @decomposed_positions_c1_rank(%q: tensor<8xf32>, %t: tensor<3x8xf32>) {
  // expected-error@+1 {{'vit.decomposed_positions' op expected query of rank 2 or more, but got 'tensor<8xf32>'}}
  %0 = vit.decomposed_positions %q rows %t columns %t grid [2, 2] : (tensor<8xf32>, tensor<3x8xf32>, tensor<3x8xf32>) -> tensor<4xf32>
  return
}

// -----

// decomposed_positions, constraint 1: features.
func.func @decomposed_positions_c1_features(%q: tensor<4x8xf32>, %t: tensor<3x8xf32>, %u: tensor<3x4xf32>) {
  // expected-error@+1 {{'vit.decomposed_positions' op expected rows and columns of 8 features (the query's), but got 'tensor<3x8xf32>' and 'tensor<3x4xf32>'}}
  %0 = vit.decomposed_positions %q rows %t columns %u grid [2, 2] : (tensor<4x8xf32>, tensor<3x8xf32>, tensor<3x4xf32>) -> tensor<4x4xf32>
  return
}

// -----

// decomposed_positions, constraint 2: tokens of the grid.
func.func @decomposed_positions_c2(%q: tensor<4x8xf32>, %t: tensor<3x8xf32>) {
  // expected-error@+1 {{'vit.decomposed_positions' op expected a grid of 4 tokens (the query's), but got [2, 3]}}
  %0 = vit.decomposed_positions %q rows %t columns %t grid [2, 3] : (tensor<4x8xf32>, tensor<3x8xf32>, tensor<3x8xf32>) -> tensor<4x4xf32>
  return
}

// -----

// decomposed_positions, constraint 3: distances.
func.func @decomposed_positions_c3(%q: tensor<6x8xf32>, %t: tensor<3x8xf32>) {
  // expected-error@+1 {{'vit.decomposed_positions' op expected 3 rows and 5 columns (the distances in a grid of [2, 3]), but got 'tensor<3x8xf32>' and 'tensor<3x8xf32>'}}
  %0 = vit.decomposed_positions %q rows %t columns %t grid [2, 3] : (tensor<6x8xf32>, tensor<3x8xf32>, tensor<3x8xf32>) -> tensor<6x6xf32>
  return
}
