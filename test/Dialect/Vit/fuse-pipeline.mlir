// RUN: vitc-opt --vit-fuse %s | FileCheck %s

// A transformer as the importer writes it: class token, positions, two blocks, classifier on the class token.

// CHECK-LABEL: func.func @forward(
// CHECK-SAME: %[[IMAGE:[a-z0-9]+]]: tensor<3x8x8xf32>
func.func @forward(%image: tensor<3x8x8xf32>) -> tensor<5xf32> {
  %pw = vit.weight "patch.weight" : tensor<8x3x4x4xf32>
  %pb = vit.weight "patch.bias" : tensor<8xf32>
  %hwc = vit.transpose %image [1, 2, 0] : (tensor<3x8x8xf32>) -> tensor<8x8x3xf32>
  %map = vit.conv2d %hwc, %pw, %pb {stride = array<i64: 4, 4>} : (tensor<8x8x3xf32>, tensor<8x3x4x4xf32>, tensor<8xf32>) -> tensor<2x2x8xf32>
  %patches = vit.reshape %map : (tensor<2x2x8xf32>) -> tensor<4x8xf32>
  %cls = vit.weight "cls" : tensor<1x8xf32>
  %with_cls = vit.concat %cls, %patches dim 0 : (tensor<1x8xf32>, tensor<4x8xf32>) -> tensor<5x8xf32>
  %positions = vit.weight "positions" : tensor<5x8xf32>
  %x0 = vit.add %with_cls, %positions : (tensor<5x8xf32>, tensor<5x8xf32>) -> tensor<5x8xf32>

  // CHECK: %[[X0:.*]] = vit.fused_patch_embedding %[[IMAGE]]

  %g = vit.weight "g" : tensor<8xf32>
  %b = vit.weight "b" : tensor<8xf32>
  %wq = vit.weight "wq" : tensor<8x8xf32>
  %wk = vit.weight "wk" : tensor<8x8xf32>
  %wv = vit.weight "wv" : tensor<8x8xf32>
  %wo = vit.weight "wo" : tensor<8x8xf32>
  %w1 = vit.weight "w1" : tensor<16x8xf32>
  %b1 = vit.weight "b1" : tensor<16xf32>
  %w2 = vit.weight "w2" : tensor<8x16xf32>

  // CHECK: %[[N0:.*]] = vit.layer_norm %[[X0]] {epsilon
  // CHECK: %[[P0:.*]] = vit.fused_head_projection %[[N0]], %{{.*}}, %{{.*}} {num_heads = 2 : i64, parts = 3 : i64} : (tensor<5x8xf32>, tensor<24x8xf32>, tensor<24xf32>) -> tensor<3x2x5x4xf32>
  // CHECK: %[[A0:.*]] = vit.fused_attention %[[P0]][0], %[[P0]][1], %[[P0]][2] scale 1.0
  // CHECK: %[[X1:.*]] = vit.fused_linear %[[A0]], %{{.*}} bias %{{.*}} residual %[[X0]]
  // CHECK: %[[N1:.*]] = vit.layer_norm %[[X1]] {epsilon
  // CHECK: %[[H0:.*]] = vit.fused_linear %[[N1]], %{{.*}} bias %{{.*}} activation gelu :
  // CHECK: %[[X2:.*]] = vit.fused_linear %[[H0]], %{{.*}} bias %{{.*}} residual %[[X1]]
  %0 = vit.layer_norm %x0, %g, %b {epsilon = 1.0e-6 : f64} : (tensor<5x8xf32>, tensor<8xf32>, tensor<8xf32>) -> tensor<5x8xf32>
  %1 = vit.linear %0, %wq, %b : (tensor<5x8xf32>, tensor<8x8xf32>, tensor<8xf32>) -> tensor<5x8xf32>
  %2 = vit.reshape %1 : (tensor<5x8xf32>) -> tensor<5x2x4xf32>
  %3 = vit.transpose %2 [1, 0, 2] : (tensor<5x2x4xf32>) -> tensor<2x5x4xf32>
  %4 = vit.linear %0, %wk, %b : (tensor<5x8xf32>, tensor<8x8xf32>, tensor<8xf32>) -> tensor<5x8xf32>
  %5 = vit.reshape %4 : (tensor<5x8xf32>) -> tensor<5x2x4xf32>
  %6 = vit.transpose %5 [1, 0, 2] : (tensor<5x2x4xf32>) -> tensor<2x5x4xf32>
  %7 = vit.linear %0, %wv, %b : (tensor<5x8xf32>, tensor<8x8xf32>, tensor<8xf32>) -> tensor<5x8xf32>
  %8 = vit.reshape %7 : (tensor<5x8xf32>) -> tensor<5x2x4xf32>
  %9 = vit.transpose %8 [1, 0, 2] : (tensor<5x2x4xf32>) -> tensor<2x5x4xf32>
  %10 = vit.matmul %3, %6 {transpose_rhs} : (tensor<2x5x4xf32>, tensor<2x5x4xf32>) -> tensor<2x5x5xf32>
  %11 = vit.scale %10 by 0.5 : (tensor<2x5x5xf32>) -> tensor<2x5x5xf32>
  %12 = vit.softmax %11 : (tensor<2x5x5xf32>) -> tensor<2x5x5xf32>
  %13 = vit.matmul %12, %9 : (tensor<2x5x5xf32>, tensor<2x5x4xf32>) -> tensor<2x5x4xf32>
  %14 = vit.transpose %13 [1, 0, 2] : (tensor<2x5x4xf32>) -> tensor<5x2x4xf32>
  %15 = vit.reshape %14 : (tensor<5x2x4xf32>) -> tensor<5x8xf32>
  %16 = vit.linear %15, %wo, %b : (tensor<5x8xf32>, tensor<8x8xf32>, tensor<8xf32>) -> tensor<5x8xf32>
  %17 = vit.add %x0, %16 : (tensor<5x8xf32>, tensor<5x8xf32>) -> tensor<5x8xf32>
  %18 = vit.layer_norm %17, %g, %b {epsilon = 1.0e-6 : f64} : (tensor<5x8xf32>, tensor<8xf32>, tensor<8xf32>) -> tensor<5x8xf32>
  %19 = vit.linear %18, %w1, %b1 : (tensor<5x8xf32>, tensor<16x8xf32>, tensor<16xf32>) -> tensor<5x16xf32>
  %20 = vit.activation gelu %19 : (tensor<5x16xf32>) -> tensor<5x16xf32>
  %21 = vit.linear %20, %w2, %b : (tensor<5x16xf32>, tensor<8x16xf32>, tensor<8xf32>) -> tensor<5x8xf32>
  %x2 = vit.add %17, %21 : (tensor<5x8xf32>, tensor<5x8xf32>) -> tensor<5x8xf32>

  // The last block has one query, and all that follows it has one row.
  // CHECK: %[[N2:.*]] = vit.layer_norm %[[X2]] {epsilon
  // CHECK: %[[NROW:.*]] = vit.slice %[[N2]] dim 0 [0, 1]
  // CHECK: %[[Q:.*]] = vit.fused_head_projection %[[NROW]], %{{.*}}, %{{.*}} {num_heads = 2 : i64, parts = 1 : i64} : (tensor<1x8xf32>, tensor<8x8xf32>, tensor<8xf32>) -> tensor<1x2x1x4xf32>
  // CHECK: %[[KV:.*]] = vit.fused_head_projection %[[N2]], %{{.*}}, %{{.*}} {num_heads = 2 : i64, parts = 2 : i64} : (tensor<5x8xf32>, tensor<16x8xf32>, tensor<16xf32>) -> tensor<2x2x5x4xf32>
  // CHECK: %[[A1:.*]] = vit.fused_attention %[[Q]][0], %[[KV]][0], %[[KV]][1] scale 1.0{{.*}} -> tensor<1x8xf32>
  // CHECK: %[[ROW:.*]] = vit.slice %[[X2]] dim 0 [0, 1]
  // CHECK: %[[X3:.*]] = vit.fused_linear %[[A1]], %{{.*}} bias %{{.*}} residual %[[ROW]]
  // CHECK: %[[N3:.*]] = vit.layer_norm %[[X3]] {epsilon
  // CHECK: %[[H1:.*]] = vit.fused_linear %[[N3]], %{{.*}} bias %{{.*}} activation gelu :
  // CHECK: %[[X4:.*]] = vit.fused_linear %[[H1]], %{{.*}} bias %{{.*}} residual %[[X3]]
  %22 = vit.layer_norm %x2, %g, %b {epsilon = 1.0e-6 : f64} : (tensor<5x8xf32>, tensor<8xf32>, tensor<8xf32>) -> tensor<5x8xf32>
  %23 = vit.linear %22, %wq, %b : (tensor<5x8xf32>, tensor<8x8xf32>, tensor<8xf32>) -> tensor<5x8xf32>
  %24 = vit.reshape %23 : (tensor<5x8xf32>) -> tensor<5x2x4xf32>
  %25 = vit.transpose %24 [1, 0, 2] : (tensor<5x2x4xf32>) -> tensor<2x5x4xf32>
  %26 = vit.linear %22, %wk, %b : (tensor<5x8xf32>, tensor<8x8xf32>, tensor<8xf32>) -> tensor<5x8xf32>
  %27 = vit.reshape %26 : (tensor<5x8xf32>) -> tensor<5x2x4xf32>
  %28 = vit.transpose %27 [1, 0, 2] : (tensor<5x2x4xf32>) -> tensor<2x5x4xf32>
  %29 = vit.linear %22, %wv, %b : (tensor<5x8xf32>, tensor<8x8xf32>, tensor<8xf32>) -> tensor<5x8xf32>
  %30 = vit.reshape %29 : (tensor<5x8xf32>) -> tensor<5x2x4xf32>
  %31 = vit.transpose %30 [1, 0, 2] : (tensor<5x2x4xf32>) -> tensor<2x5x4xf32>
  %32 = vit.matmul %25, %28 {transpose_rhs} : (tensor<2x5x4xf32>, tensor<2x5x4xf32>) -> tensor<2x5x5xf32>
  %33 = vit.scale %32 by 0.5 : (tensor<2x5x5xf32>) -> tensor<2x5x5xf32>
  %34 = vit.softmax %33 : (tensor<2x5x5xf32>) -> tensor<2x5x5xf32>
  %35 = vit.matmul %34, %31 : (tensor<2x5x5xf32>, tensor<2x5x4xf32>) -> tensor<2x5x4xf32>
  %36 = vit.transpose %35 [1, 0, 2] : (tensor<2x5x4xf32>) -> tensor<5x2x4xf32>
  %37 = vit.reshape %36 : (tensor<5x2x4xf32>) -> tensor<5x8xf32>
  %38 = vit.linear %37, %wo, %b : (tensor<5x8xf32>, tensor<8x8xf32>, tensor<8xf32>) -> tensor<5x8xf32>
  %39 = vit.add %x2, %38 : (tensor<5x8xf32>, tensor<5x8xf32>) -> tensor<5x8xf32>
  %40 = vit.layer_norm %39, %g, %b {epsilon = 1.0e-6 : f64} : (tensor<5x8xf32>, tensor<8xf32>, tensor<8xf32>) -> tensor<5x8xf32>
  %41 = vit.linear %40, %w1, %b1 : (tensor<5x8xf32>, tensor<16x8xf32>, tensor<16xf32>) -> tensor<5x16xf32>
  %42 = vit.activation gelu %41 : (tensor<5x16xf32>) -> tensor<5x16xf32>
  %43 = vit.linear %42, %w2, %b : (tensor<5x16xf32>, tensor<8x16xf32>, tensor<8xf32>) -> tensor<5x8xf32>
  %x4 = vit.add %39, %43 : (tensor<5x8xf32>, tensor<5x8xf32>) -> tensor<5x8xf32>

  // CHECK: %[[N4:.*]] = vit.layer_norm %[[X4]] {epsilon
  // CHECK: %[[LOGITS:.*]] = vit.fused_linear %[[N4]], %{{.*}} bias %{{.*}} -> tensor<1x5xf32>
  // CHECK: %[[FLAT:.*]] = vit.reshape %[[LOGITS]] : (tensor<1x5xf32>) -> tensor<5xf32>
  // CHECK: return %[[FLAT]]
  %44 = vit.layer_norm %x4, %g, %b {epsilon = 1.0e-6 : f64} : (tensor<5x8xf32>, tensor<8xf32>, tensor<8xf32>) -> tensor<5x8xf32>
  %45 = vit.slice %44 dim 0 [0, 1] : (tensor<5x8xf32>) -> tensor<1x8xf32>
  %46 = vit.reshape %45 : (tensor<1x8xf32>) -> tensor<8xf32>
  %wc = vit.weight "wc" : tensor<5x8xf32>
  %logits = vit.linear %46, %wc : (tensor<8xf32>, tensor<5x8xf32>) -> tensor<5xf32>
  return %logits : tensor<5xf32>
}
