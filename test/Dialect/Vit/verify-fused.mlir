// RUN: vitc-opt --vit-verify-fused --split-input-file --verify-diagnostics %s

func.func @patches(%image: tensor<3x4x4xf32>) -> tensor<2x2x6xf32> {
  %w = vit.weight "w" : tensor<6x3x2x2xf32>
  %hwc = vit.transpose %image [1, 2, 0] : (tensor<3x4x4xf32>) -> tensor<4x4x3xf32>
  // expected-error@+1 {{'vit.conv2d' op is a candidate of vit-fuse-patch-embedding, but is neither fused nor says in 'vit.not_fused' why not}}
  %map = vit.conv2d %hwc, %w {stride = array<i64: 2, 2>} : (tensor<4x4x3xf32>, tensor<6x3x2x2xf32>) -> tensor<2x2x6xf32>
  return %map : tensor<2x2x6xf32>
}

// -----

func.func @attention(%q: tensor<2x5x4xf32>) -> tensor<2x5x4xf32> {
  %0 = vit.matmul %q, %q {transpose_rhs} : (tensor<2x5x4xf32>, tensor<2x5x4xf32>) -> tensor<2x5x5xf32>
  %1 = vit.scale %0 by 0.5 : (tensor<2x5x5xf32>) -> tensor<2x5x5xf32>
  // expected-error@+1 {{'vit.softmax' op is a candidate of vit-fuse-attention}}
  %2 = vit.softmax %1 : (tensor<2x5x5xf32>) -> tensor<2x5x5xf32>
  %3 = vit.matmul %2, %q : (tensor<2x5x5xf32>, tensor<2x5x4xf32>) -> tensor<2x5x4xf32>
  return %3 : tensor<2x5x4xf32>
}

// -----

func.func @norm(%x: tensor<5x4xf32>) -> tensor<5x4xf32> {
  %v = vit.weight "v" : tensor<4xf32>
  %w = vit.weight "w" : tensor<4x4xf32>
  // expected-error@+1 {{'vit.layer_norm' op is a candidate of vit-fold-layer-norm}}
  %0 = vit.layer_norm %x, %v, %v {epsilon = 0.5 : f64} : (tensor<5x4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<5x4xf32>
  %1 = vit.fused_linear %0, %w : (tensor<5x4xf32>, tensor<4x4xf32>) -> tensor<5x4xf32>
  return %1 : tensor<5x4xf32>
}

// -----

func.func @linear(%x: tensor<5x4xf32>) -> tensor<5x4xf32> {
  %w = vit.weight "w" : tensor<4x4xf32>
  // expected-error@+1 {{'vit.linear' op is a candidate of vit-fuse-mlp}}
  %0 = vit.linear %x, %w : (tensor<5x4xf32>, tensor<4x4xf32>) -> tensor<5x4xf32>
  return %0 : tensor<5x4xf32>
}

// -----

func.func @epilogues(%x: tensor<5x4xf32>) -> (tensor<5x4xf32>, tensor<5x4xf32>, tensor<5x4xf32>, tensor<5x4xf32>) {
  %w = vit.weight "w" : tensor<4x4xf32>
  %v = vit.weight "v" : tensor<4xf32>
  %0 = vit.fused_linear %x, %w : (tensor<5x4xf32>, tensor<4x4xf32>) -> tensor<5x4xf32>
  // expected-error@+1 {{'vit.activation' op is a candidate of vit-fuse-mlp}}
  %1 = vit.activation gelu %0 : (tensor<5x4xf32>) -> tensor<5x4xf32>
  %2 = vit.fused_linear %x, %w : (tensor<5x4xf32>, tensor<4x4xf32>) -> tensor<5x4xf32>
  // expected-error@+1 {{'vit.mul' op is a candidate of vit-fuse-mlp}}
  %3 = vit.mul %v, %2 : (tensor<4xf32>, tensor<5x4xf32>) -> tensor<5x4xf32>
  %4 = vit.fused_linear %x, %w : (tensor<5x4xf32>, tensor<4x4xf32>) -> tensor<5x4xf32>
  // expected-error@+1 {{'vit.add' op is a candidate of vit-fuse-mlp}}
  %5 = vit.add %4, %x : (tensor<5x4xf32>, tensor<5x4xf32>) -> tensor<5x4xf32>
  %6 = vit.fused_linear %x, %w : (tensor<5x4xf32>, tensor<4x4xf32>) -> tensor<5x4xf32>
  // expected-error@+1 {{'vit.scale' op is a candidate of vit-fuse-mlp}}
  %7 = vit.scale %6 by 0.5 : (tensor<5x4xf32>) -> tensor<5x4xf32>
  return %1, %3, %5, %7 : tensor<5x4xf32>, tensor<5x4xf32>, tensor<5x4xf32>, tensor<5x4xf32>
}

// -----

// What is fused, what says why not, and what no fused op covers.
func.func @fine(%x: tensor<5x4xf32>, %row: tensor<1x4xf32>) -> (tensor<5x4xf32>, tensor<5x4xf32>, tensor<5x4xf32>) {
  %w = vit.weight "w" : tensor<4x4xf32>
  %v = vit.weight "v" : tensor<4xf32>
  %0 = vit.linear %x, %w {vit.not_fused = "a reason"} : (tensor<5x4xf32>, tensor<4x4xf32>) -> tensor<5x4xf32>
  %1 = vit.softmax %0 : (tensor<5x4xf32>) -> tensor<5x4xf32>
  %2 = vit.fused_linear %x, %w activation gelu residual %x : (tensor<5x4xf32>, tensor<4x4xf32>, tensor<5x4xf32>) -> tensor<5x4xf32>
  %3 = vit.mul %2, %v : (tensor<5x4xf32>, tensor<4xf32>) -> tensor<5x4xf32>
  %4 = vit.fused_linear %x, %w : (tensor<5x4xf32>, tensor<4x4xf32>) -> tensor<5x4xf32>
  %5 = vit.add %4, %row : (tensor<5x4xf32>, tensor<1x4xf32>) -> tensor<5x4xf32>
  return %1, %3, %5 : tensor<5x4xf32>, tensor<5x4xf32>, tensor<5x4xf32>
}
