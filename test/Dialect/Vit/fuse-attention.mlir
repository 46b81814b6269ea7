// RUN: vitc-opt --vit-fuse-attention --split-input-file %s | FileCheck %s

// Self-attention; only the queries' layer has a bias; heads of another size than width / heads.
// CHECK-LABEL: func.func @self(
// CHECK-SAME: %[[X:.*]]: tensor<5x8xf32>)
func.func @self(%x: tensor<5x8xf32>) -> tensor<5x6xf32> {
  // CHECK-DAG: %[[WQ:.*]] = vit.weight "wq"
  // CHECK-DAG: %[[BQ:.*]] = vit.weight "bq"
  // CHECK-DAG: %[[WK:.*]] = vit.weight "wk"
  // CHECK-DAG: %[[WV:.*]] = vit.weight "wv"
  %wq = vit.weight "wq" : tensor<6x8xf32>
  %bq = vit.weight "bq" : tensor<6xf32>
  %wk = vit.weight "wk" : tensor<6x8xf32>
  %wv = vit.weight "wv" : tensor<6x8xf32>
  // CHECK-DAG: %[[SWQ:.*]] = vit.weight_scale %[[WQ]] by 5.000000e-01
  // CHECK-DAG: %[[SBQ:.*]] = vit.weight_scale %[[BQ]] by 5.000000e-01
  // CHECK-DAG: %[[ZERO:.*]] = vit.weight_fill 0.0{{.*}} : tensor<6xf32>
  // CHECK-DAG: %[[W:.*]] = vit.weight_concat %[[SWQ]], %[[WK]], %[[WV]] dim 0
  // CHECK-DAG: %[[B:.*]] = vit.weight_concat %[[SBQ]], %[[ZERO]], %{{.*}} dim 0
  // CHECK: %[[P:.*]] = vit.fused_head_projection %[[X]], %[[W]], %[[B]] {num_heads = 2 : i64, parts = 3 : i64} : {{.*}} -> tensor<3x2x5x3xf32>
  // CHECK-NEXT: %[[A:.*]] = vit.fused_attention %[[P]][0], %[[P]][1], %[[P]][2] scale 1.0{{.*}} -> tensor<5x6xf32>
  // CHECK-NEXT: return %[[A]]
  %0 = vit.linear %x, %wq, %bq : (tensor<5x8xf32>, tensor<6x8xf32>, tensor<6xf32>) -> tensor<5x6xf32>
  %1 = vit.reshape %0 : (tensor<5x6xf32>) -> tensor<5x2x3xf32>
  %q = vit.transpose %1 [1, 0, 2] : (tensor<5x2x3xf32>) -> tensor<2x5x3xf32>
  %2 = vit.linear %x, %wk : (tensor<5x8xf32>, tensor<6x8xf32>) -> tensor<5x6xf32>
  %3 = vit.reshape %2 : (tensor<5x6xf32>) -> tensor<5x2x3xf32>
  %k = vit.transpose %3 [1, 0, 2] : (tensor<5x2x3xf32>) -> tensor<2x5x3xf32>
  %4 = vit.linear %x, %wv : (tensor<5x8xf32>, tensor<6x8xf32>) -> tensor<5x6xf32>
  %5 = vit.reshape %4 : (tensor<5x6xf32>) -> tensor<5x2x3xf32>
  %v = vit.transpose %5 [1, 0, 2] : (tensor<5x2x3xf32>) -> tensor<2x5x3xf32>
  %6 = vit.matmul %q, %k {transpose_rhs} : (tensor<2x5x3xf32>, tensor<2x5x3xf32>) -> tensor<2x5x5xf32>
  %7 = vit.scale %6 by 0.5 : (tensor<2x5x5xf32>) -> tensor<2x5x5xf32>
  %8 = vit.softmax %7 : (tensor<2x5x5xf32>) -> tensor<2x5x5xf32>
  %9 = vit.matmul %8, %v : (tensor<2x5x5xf32>, tensor<2x5x3xf32>) -> tensor<2x5x3xf32>
  %10 = vit.transpose %9 [1, 0, 2] : (tensor<2x5x3xf32>) -> tensor<5x2x3xf32>
  %11 = vit.reshape %10 : (tensor<5x2x3xf32>) -> tensor<5x6xf32>
  return %11 : tensor<5x6xf32>
}

// -----

// Queries from other tokens, keys transposed, scales on queries and keys, values of another size, and a mask that is
// scaled after it was added.
// CHECK-LABEL: func.func @cross(
// CHECK-SAME: %[[X:.*]]: tensor<2x8xf32>, %[[Y:.*]]: tensor<5x7xf32>, %[[MASK:.*]]: tensor<2x5xf32>)
func.func @cross(%x: tensor<2x8xf32>, %y: tensor<5x7xf32>, %mask: tensor<2x5xf32>) -> tensor<2x4xf32> {
  %wq = vit.weight "wq" : tensor<6x8xf32>
  %wk = vit.weight "wk" : tensor<6x7xf32>
  %wv = vit.weight "wv" : tensor<4x7xf32>
  %bias = vit.weight "bias" : tensor<2x1x5xf32>
  // CHECK-DAG: %[[WQ:.*]] = vit.weight "wq"
  // CHECK-DAG: %[[WK:.*]] = vit.weight "wk"
  // CHECK-DAG: %[[WV:.*]] = vit.weight "wv"
  // CHECK-DAG: %[[BIAS:.*]] = vit.weight "bias"
  // CHECK-DAG: %[[SWQ:.*]] = vit.weight_scale %[[WQ]] by 6.000000e+00
  // CHECK-DAG: %[[Q:.*]] = vit.fused_head_projection %[[X]], %[[SWQ]] {num_heads = 2 : i64, parts = 1 : i64}
  // CHECK-DAG: %[[K:.*]] = vit.fused_head_projection %[[Y]], %[[WK]] {num_heads = 2 : i64, parts = 1 : i64}
  // CHECK-DAG: %[[V:.*]] = vit.fused_head_projection %[[Y]], %[[WV]] {num_heads = 2 : i64, parts = 1 : i64}
  // CHECK-DAG: %[[SMASK:.*]] = vit.scale %[[MASK]] by 5.000000e-01
  // CHECK-DAG: %[[SUM:.*]] = vit.add %[[BIAS]], %[[SMASK]] : {{.*}} -> tensor<2x2x5xf32>
  // CHECK: vit.fused_attention %[[Q]][0], %[[K]][0], %[[V]][0], %[[SUM]] scale 1.0{{.*}} -> tensor<2x4xf32>
  %0 = vit.linear %x, %wq : (tensor<2x8xf32>, tensor<6x8xf32>) -> tensor<2x6xf32>
  %1 = vit.scale %0 by 4.0 : (tensor<2x6xf32>) -> tensor<2x6xf32>
  %2 = vit.reshape %1 : (tensor<2x6xf32>) -> tensor<2x2x3xf32>
  %q = vit.transpose %2 [1, 0, 2] : (tensor<2x2x3xf32>) -> tensor<2x2x3xf32>
  %3 = vit.linear %y, %wk : (tensor<5x7xf32>, tensor<6x7xf32>) -> tensor<5x6xf32>
  %4 = vit.reshape %3 : (tensor<5x6xf32>) -> tensor<5x2x3xf32>
  %5 = vit.transpose %4 [1, 2, 0] : (tensor<5x2x3xf32>) -> tensor<2x3x5xf32>
  %k = vit.scale %5 by 3.0 : (tensor<2x3x5xf32>) -> tensor<2x3x5xf32>
  %6 = vit.linear %y, %wv : (tensor<5x7xf32>, tensor<4x7xf32>) -> tensor<5x4xf32>
  %7 = vit.reshape %6 : (tensor<5x4xf32>) -> tensor<5x2x2xf32>
  %v = vit.transpose %7 [1, 0, 2] : (tensor<5x2x2xf32>) -> tensor<2x5x2xf32>
  %8 = vit.matmul %q, %k : (tensor<2x2x3xf32>, tensor<2x3x5xf32>) -> tensor<2x2x5xf32>
  %9 = vit.add %8, %mask : (tensor<2x2x5xf32>, tensor<2x5xf32>) -> tensor<2x2x5xf32>
  %10 = vit.scale %9 by 0.5 : (tensor<2x2x5xf32>) -> tensor<2x2x5xf32>
  %11 = vit.add %bias, %10 : (tensor<2x1x5xf32>, tensor<2x2x5xf32>) -> tensor<2x2x5xf32>
  %12 = vit.softmax %11 : (tensor<2x2x5xf32>) -> tensor<2x2x5xf32>
  %13 = vit.matmul %12, %v : (tensor<2x2x5xf32>, tensor<2x5x2xf32>) -> tensor<2x2x2xf32>
  %14 = vit.transpose %13 [1, 0, 2] : (tensor<2x2x2xf32>) -> tensor<2x2x2xf32>
  %15 = vit.reshape %14 : (tensor<2x2x2xf32>) -> tensor<2x4xf32>
  return %15 : tensor<2x4xf32>
}

// -----

// One row of queries: its own projection; keys and values together. With one token or one head some transpositions are
// reshapes.
// CHECK-LABEL: func.func @one_query(
// CHECK-SAME: %[[X:.*]]: tensor<5x8xf32>)
func.func @one_query(%x: tensor<5x8xf32>) -> tensor<1x8xf32> {
  %w = vit.weight "w" : tensor<8x8xf32>
  // CHECK: %[[ROW:.*]] = vit.slice %[[X]]
  // CHECK: %[[Q:.*]] = vit.fused_head_projection %[[ROW]], %{{.*}} {num_heads = 2 : i64, parts = 1 : i64}
  // CHECK: %[[KV:.*]] = vit.fused_head_projection %[[X]], %{{.*}} {num_heads = 2 : i64, parts = 2 : i64}
  // CHECK: vit.fused_attention %[[Q]][0], %[[KV]][0], %[[KV]][1] scale 1.0
  %row = vit.slice %x dim 0 [0, 1] : (tensor<5x8xf32>) -> tensor<1x8xf32>
  %0 = vit.linear %row, %w : (tensor<1x8xf32>, tensor<8x8xf32>) -> tensor<1x8xf32>
  %q = vit.reshape %0 : (tensor<1x8xf32>) -> tensor<2x1x4xf32>
  %2 = vit.linear %x, %w : (tensor<5x8xf32>, tensor<8x8xf32>) -> tensor<5x8xf32>
  %3 = vit.reshape %2 : (tensor<5x8xf32>) -> tensor<5x2x4xf32>
  %k = vit.transpose %3 [1, 0, 2] : (tensor<5x2x4xf32>) -> tensor<2x5x4xf32>
  %4 = vit.linear %x, %w : (tensor<5x8xf32>, tensor<8x8xf32>) -> tensor<5x8xf32>
  %5 = vit.reshape %4 : (tensor<5x8xf32>) -> tensor<5x2x4xf32>
  %v = vit.transpose %5 [1, 0, 2] : (tensor<5x2x4xf32>) -> tensor<2x5x4xf32>
  %6 = vit.matmul %q, %k {transpose_rhs} : (tensor<2x1x4xf32>, tensor<2x5x4xf32>) -> tensor<2x1x5xf32>
  %7 = vit.softmax %6 : (tensor<2x1x5xf32>) -> tensor<2x1x5xf32>
  %8 = vit.matmul %7, %v : (tensor<2x1x5xf32>, tensor<2x5x4xf32>) -> tensor<2x1x4xf32>
  %9 = vit.reshape %8 : (tensor<2x1x4xf32>) -> tensor<1x8xf32>
  return %9 : tensor<1x8xf32>
}

// -----

// One head needs no dimension of heads.
// CHECK-LABEL: func.func @single_head(
// CHECK: %[[P:.*]] = vit.fused_head_projection %{{.*}}, %{{.*}} {num_heads = 1 : i64, parts = 3 : i64}
// CHECK: vit.fused_attention %[[P]][0], %[[P]][1], %[[P]][2] scale 1.0
func.func @single_head(%x: tensor<5x8xf32>) -> tensor<5x8xf32> {
  %w = vit.weight "w" : tensor<8x8xf32>
  %q = vit.linear %x, %w : (tensor<5x8xf32>, tensor<8x8xf32>) -> tensor<5x8xf32>
  %k = vit.linear %x, %w : (tensor<5x8xf32>, tensor<8x8xf32>) -> tensor<5x8xf32>
  %v = vit.linear %x, %w : (tensor<5x8xf32>, tensor<8x8xf32>) -> tensor<5x8xf32>
  %0 = vit.matmul %q, %k {transpose_rhs} : (tensor<5x8xf32>, tensor<5x8xf32>) -> tensor<5x5xf32>
  %1 = vit.softmax %0 : (tensor<5x5xf32>) -> tensor<5x5xf32>
  %2 = vit.matmul %1, %v : (tensor<5x5xf32>, tensor<5x8xf32>) -> tensor<5x8xf32>
  return %2 : tensor<5x8xf32>
}

// -----

// Rotated queries and keys: one product and one rotation for both, another product for the values.
// CHECK-LABEL: func.func @rotary(
// CHECK-SAME: %[[X:.*]]: tensor<5x8xf32>)
func.func @rotary(%x: tensor<5x8xf32>) -> tensor<5x8xf32> {
  // CHECK-DAG: %[[WQ:.*]] = vit.weight "wq"
  // CHECK-DAG: %[[WK:.*]] = vit.weight "wk"
  // CHECK-DAG: %[[WV:.*]] = vit.weight "wv"
  // CHECK-DAG: %[[T:.*]] = vit.weight_sinusoids
  // CHECK-DAG: %[[SWQ:.*]] = vit.weight_scale %[[WQ]] by 5.000000e-01
  // CHECK-DAG: %[[W:.*]] = vit.weight_concat %[[SWQ]], %[[WK]] dim 0
  // CHECK-DAG: %[[P:.*]] = vit.fused_head_projection %[[X]], %[[W]] {num_heads = 2 : i64, parts = 2 : i64}
  // CHECK-DAG: %[[R:.*]] = vit.rotary %[[P]] by %[[T]] {interleaved} : (tensor<2x2x5x4xf32>, tensor<2x4x2xf32>) -> tensor<2x2x5x4xf32>
  // CHECK-DAG: %[[V:.*]] = vit.fused_head_projection %[[X]], %[[WV]] {num_heads = 2 : i64, parts = 1 : i64}
  // CHECK: vit.fused_attention %[[R]][0], %[[R]][1], %[[V]][0] scale 1.0{{.*}} -> tensor<5x8xf32>
  %wq = vit.weight "wq" : tensor<8x8xf32>
  %wk = vit.weight "wk" : tensor<8x8xf32>
  %wv = vit.weight "wv" : tensor<8x8xf32>
  %t = vit.weight_sinusoids grid [2, 2] origin [0.0, 0.0] step [1.0, 1.0] theta 100.0 : tensor<2x4x2xf32>
  %0 = vit.linear %x, %wq : (tensor<5x8xf32>, tensor<8x8xf32>) -> tensor<5x8xf32>
  %1 = vit.reshape %0 : (tensor<5x8xf32>) -> tensor<5x2x4xf32>
  %2 = vit.transpose %1 [1, 0, 2] : (tensor<5x2x4xf32>) -> tensor<2x5x4xf32>
  %q = vit.rotary %2 by %t {interleaved} : (tensor<2x5x4xf32>, tensor<2x4x2xf32>) -> tensor<2x5x4xf32>
  %3 = vit.linear %x, %wk : (tensor<5x8xf32>, tensor<8x8xf32>) -> tensor<5x8xf32>
  %4 = vit.reshape %3 : (tensor<5x8xf32>) -> tensor<5x2x4xf32>
  %5 = vit.transpose %4 [1, 0, 2] : (tensor<5x2x4xf32>) -> tensor<2x5x4xf32>
  %k = vit.rotary %5 by %t {interleaved} : (tensor<2x5x4xf32>, tensor<2x4x2xf32>) -> tensor<2x5x4xf32>
  %6 = vit.linear %x, %wv : (tensor<5x8xf32>, tensor<8x8xf32>) -> tensor<5x8xf32>
  %7 = vit.reshape %6 : (tensor<5x8xf32>) -> tensor<5x2x4xf32>
  %v = vit.transpose %7 [1, 0, 2] : (tensor<5x2x4xf32>) -> tensor<2x5x4xf32>
  %8 = vit.matmul %q, %k {transpose_rhs} : (tensor<2x5x4xf32>, tensor<2x5x4xf32>) -> tensor<2x5x5xf32>
  %9 = vit.scale %8 by 0.5 : (tensor<2x5x5xf32>) -> tensor<2x5x5xf32>
  %10 = vit.softmax %9 : (tensor<2x5x5xf32>) -> tensor<2x5x5xf32>
  %11 = vit.matmul %10, %v : (tensor<2x5x5xf32>, tensor<2x5x4xf32>) -> tensor<2x5x4xf32>
  %12 = vit.transpose %11 [1, 0, 2] : (tensor<2x5x4xf32>) -> tensor<5x2x4xf32>
  %13 = vit.reshape %12 : (tensor<5x2x4xf32>) -> tensor<5x8xf32>
  return %13 : tensor<5x8xf32>
}

// -----

// Norms of queries and keys by head: scales before them go into the weights, those behind them stay the attention's.
// CHECK-LABEL: func.func @norms(
// CHECK-SAME: %[[X:.*]]: tensor<5x8xf32>)
func.func @norms(%x: tensor<5x8xf32>) -> tensor<5x8xf32> {
  // CHECK-DAG: %[[WQ:.*]] = vit.weight "wq"
  // CHECK-DAG: %[[WK:.*]] = vit.weight "wk"
  // CHECK-DAG: %[[WV:.*]] = vit.weight "wv"
  // CHECK-DAG: %[[G:.*]] = vit.weight "g"
  // CHECK-DAG: %[[SWQ:.*]] = vit.weight_scale %[[WQ]] by 3.0
  // CHECK-DAG: %[[Q:.*]] = vit.fused_head_projection %[[X]], %[[SWQ]] {num_heads = 2 : i64, parts = 1 : i64}
  // CHECK-DAG: %[[NQ:.*]] = vit.layer_norm %[[Q]], %[[G]], %[[G]] {epsilon = 5.000000e-01 : f64} : {{.*}} -> tensor<1x2x5x4xf32>
  // CHECK-DAG: %[[K:.*]] = vit.fused_head_projection %[[X]], %[[WK]] {num_heads = 2 : i64, parts = 1 : i64}
  // CHECK-DAG: %[[NK:.*]] = vit.layer_norm %[[K]] {epsilon = 2.500000e-01 : f64} : {{.*}} -> tensor<1x2x5x4xf32>
  // CHECK-DAG: %[[V:.*]] = vit.fused_head_projection %[[X]], %[[WV]] {num_heads = 2 : i64, parts = 1 : i64}
  // CHECK: vit.fused_attention %[[NQ]][0], %[[NK]][0], %[[V]][0] scale 7.500000e-01 :
  %wq = vit.weight "wq" : tensor<8x8xf32>
  %wk = vit.weight "wk" : tensor<8x8xf32>
  %wv = vit.weight "wv" : tensor<8x8xf32>
  %g = vit.weight "g" : tensor<4xf32>
  %0 = vit.linear %x, %wq : (tensor<5x8xf32>, tensor<8x8xf32>) -> tensor<5x8xf32>
  %1 = vit.scale %0 by 3.0 : (tensor<5x8xf32>) -> tensor<5x8xf32>
  %2 = vit.reshape %1 : (tensor<5x8xf32>) -> tensor<5x2x4xf32>
  %3 = vit.transpose %2 [1, 0, 2] : (tensor<5x2x4xf32>) -> tensor<2x5x4xf32>
  %q = vit.layer_norm %3, %g, %g {epsilon = 0.5 : f64} : (tensor<2x5x4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<2x5x4xf32>
  %4 = vit.linear %x, %wk : (tensor<5x8xf32>, tensor<8x8xf32>) -> tensor<5x8xf32>
  %5 = vit.reshape %4 : (tensor<5x8xf32>) -> tensor<5x2x4xf32>
  %6 = vit.transpose %5 [1, 0, 2] : (tensor<5x2x4xf32>) -> tensor<2x5x4xf32>
  %7 = vit.layer_norm %6 {epsilon = 0.25 : f64} : (tensor<2x5x4xf32>) -> tensor<2x5x4xf32>
  %k = vit.scale %7 by 2.0 : (tensor<2x5x4xf32>) -> tensor<2x5x4xf32>
  %8 = vit.linear %x, %wv : (tensor<5x8xf32>, tensor<8x8xf32>) -> tensor<5x8xf32>
  %9 = vit.reshape %8 : (tensor<5x8xf32>) -> tensor<5x2x4xf32>
  %v = vit.transpose %9 [1, 0, 2] : (tensor<5x2x4xf32>) -> tensor<2x5x4xf32>
  %10 = vit.matmul %q, %k {transpose_rhs} : (tensor<2x5x4xf32>, tensor<2x5x4xf32>) -> tensor<2x5x5xf32>
  %11 = vit.scale %10 by 0.375 : (tensor<2x5x5xf32>) -> tensor<2x5x5xf32>
  %12 = vit.softmax %11 : (tensor<2x5x5xf32>) -> tensor<2x5x5xf32>
  %13 = vit.matmul %12, %v : (tensor<2x5x5xf32>, tensor<2x5x4xf32>) -> tensor<2x5x4xf32>
  %14 = vit.transpose %13 [1, 0, 2] : (tensor<2x5x4xf32>) -> tensor<5x2x4xf32>
  %15 = vit.reshape %14 : (tensor<5x2x4xf32>) -> tensor<5x8xf32>
  return %15 : tensor<5x8xf32>
}

// -----

// Sequences that attend to themselves each, as windows do: rows of one matrix in projections; a table for all, and a mask for each.
// CHECK-LABEL: func.func @sequences(
// CHECK-SAME: %[[X:.*]]: tensor<4x5x8xf32>, %[[MASK:.*]]: tensor<4x1x5x5xf32>)
func.func @sequences(%x: tensor<4x5x8xf32>, %mask: tensor<4x1x5x5xf32>) -> tensor<4x5x6xf32> {
  %wq = vit.weight "wq" : tensor<6x8xf32>
  %wk = vit.weight "wk" : tensor<6x8xf32>
  %wv = vit.weight "wv" : tensor<6x8xf32>
  // CHECK-DAG: %[[TABLE:.*]] = vit.weight "table"
  %table = vit.weight "table" : tensor<2x5x5xf32>
  // CHECK-DAG: %[[R:.*]] = vit.reshape %[[X]] : (tensor<4x5x8xf32>) -> tensor<20x8xf32>
  // CHECK-DAG: %[[P:.*]] = vit.fused_head_projection %[[R]], %{{.*}} {num_heads = 2 : i64, parts = 3 : i64, sequences = 4 : i64} : (tensor<20x8xf32>, tensor<18x8xf32>) -> tensor<3x8x5x3xf32>
  // CHECK-DAG: %[[BIAS:.*]] = vit.add %{{.*}}, %{{.*}} : (tensor<4x1x5x5xf32>, tensor<2x5x5xf32>) -> tensor<4x2x5x5xf32>
  // CHECK: %[[A:.*]] = vit.fused_attention %[[P]][0], %[[P]][1], %[[P]][2], %[[BIAS]] scale 1.0{{.*}} {sequences = 4 : i64} : {{.*}} -> tensor<20x6xf32>
  // CHECK-NEXT: %[[Y:.*]] = vit.reshape %[[A]] : (tensor<20x6xf32>) -> tensor<4x5x6xf32>
  // CHECK-NEXT: return %[[Y]]
  %0 = vit.linear %x, %wq : (tensor<4x5x8xf32>, tensor<6x8xf32>) -> tensor<4x5x6xf32>
  %1 = vit.reshape %0 : (tensor<4x5x6xf32>) -> tensor<4x5x2x3xf32>
  %q = vit.transpose %1 [0, 2, 1, 3] : (tensor<4x5x2x3xf32>) -> tensor<4x2x5x3xf32>
  %2 = vit.linear %x, %wk : (tensor<4x5x8xf32>, tensor<6x8xf32>) -> tensor<4x5x6xf32>
  %3 = vit.reshape %2 : (tensor<4x5x6xf32>) -> tensor<4x5x2x3xf32>
  %k = vit.transpose %3 [0, 2, 3, 1] : (tensor<4x5x2x3xf32>) -> tensor<4x2x3x5xf32>
  %4 = vit.linear %x, %wv : (tensor<4x5x8xf32>, tensor<6x8xf32>) -> tensor<4x5x6xf32>
  %5 = vit.reshape %4 : (tensor<4x5x6xf32>) -> tensor<4x5x2x3xf32>
  %v = vit.transpose %5 [0, 2, 1, 3] : (tensor<4x5x2x3xf32>) -> tensor<4x2x5x3xf32>
  %6 = vit.matmul %q, %k : (tensor<4x2x5x3xf32>, tensor<4x2x3x5xf32>) -> tensor<4x2x5x5xf32>
  %7 = vit.add %6, %table : (tensor<4x2x5x5xf32>, tensor<2x5x5xf32>) -> tensor<4x2x5x5xf32>
  %8 = vit.add %7, %mask : (tensor<4x2x5x5xf32>, tensor<4x1x5x5xf32>) -> tensor<4x2x5x5xf32>
  %9 = vit.softmax %8 : (tensor<4x2x5x5xf32>) -> tensor<4x2x5x5xf32>
  %10 = vit.matmul %9, %v : (tensor<4x2x5x5xf32>, tensor<4x2x5x3xf32>) -> tensor<4x2x5x3xf32>
  %11 = vit.transpose %10 [0, 2, 1, 3] : (tensor<4x2x5x3xf32>) -> tensor<4x5x2x3xf32>
  %12 = vit.reshape %11 : (tensor<4x5x2x3xf32>) -> tensor<4x5x6xf32>
  return %12 : tensor<4x5x6xf32>
}

// -----

// Positions that depend on the query become an operand. Queries are scaled in their weights, which the positions undo.
// CHECK-LABEL: func.func @decomposed_positions(
// CHECK-DAG: %[[R:.*]] = vit.weight "rows"
// CHECK-DAG: %[[C:.*]] = vit.weight "columns"
// CHECK-DAG: %[[P:.*]] = vit.fused_head_projection {{.*}} {num_heads = 2 : i64, parts = 3 : i64}
// CHECK-DAG: %[[T:.*]] = vit.weight_concat %[[R]], %[[C]] dim 0 : (tensor<3x4xf32>, tensor<5x4xf32>) -> tensor<8x4xf32>
// CHECK-DAG: %[[S:.*]] = vit.weight_scale %[[T]] by 4.000000e+00
// CHECK-NOT: vit.decomposed_positions
// CHECK: vit.fused_attention %[[P]][0], %[[P]][1], %[[P]][2] positions %[[S]] grid [2, 3] scale 1.0{{.*}} -> tensor<6x8xf32>
func.func @decomposed_positions(%x: tensor<6x8xf32>) -> tensor<6x8xf32> {
  %w = vit.weight "w" : tensor<8x8xf32>
  %rows = vit.weight "rows" : tensor<3x4xf32>
  %columns = vit.weight "columns" : tensor<5x4xf32>
  %0 = vit.linear %x, %w : (tensor<6x8xf32>, tensor<8x8xf32>) -> tensor<6x8xf32>
  %1 = vit.reshape %0 : (tensor<6x8xf32>) -> tensor<6x2x4xf32>
  %q = vit.transpose %1 [1, 0, 2] : (tensor<6x2x4xf32>) -> tensor<2x6x4xf32>
  %2 = vit.linear %x, %w : (tensor<6x8xf32>, tensor<8x8xf32>) -> tensor<6x8xf32>
  %3 = vit.reshape %2 : (tensor<6x8xf32>) -> tensor<6x2x4xf32>
  %k = vit.transpose %3 [1, 0, 2] : (tensor<6x2x4xf32>) -> tensor<2x6x4xf32>
  %4 = vit.linear %x, %w : (tensor<6x8xf32>, tensor<8x8xf32>) -> tensor<6x8xf32>
  %5 = vit.reshape %4 : (tensor<6x8xf32>) -> tensor<6x2x4xf32>
  %v = vit.transpose %5 [1, 0, 2] : (tensor<6x2x4xf32>) -> tensor<2x6x4xf32>
  %6 = vit.matmul %q, %k {transpose_rhs} : (tensor<2x6x4xf32>, tensor<2x6x4xf32>) -> tensor<2x6x6xf32>
  %7 = vit.scale %6 by 0.25 : (tensor<2x6x6xf32>) -> tensor<2x6x6xf32>
  %8 = vit.decomposed_positions %q rows %rows columns %columns grid [2, 3] : (tensor<2x6x4xf32>, tensor<3x4xf32>, tensor<5x4xf32>) -> tensor<2x6x6xf32>
  %9 = vit.add %7, %8 : (tensor<2x6x6xf32>, tensor<2x6x6xf32>) -> tensor<2x6x6xf32>
  %10 = vit.scale %9 by 2.0 : (tensor<2x6x6xf32>) -> tensor<2x6x6xf32>
  %11 = vit.softmax %10 : (tensor<2x6x6xf32>) -> tensor<2x6x6xf32>
  %12 = vit.matmul %11, %v : (tensor<2x6x6xf32>, tensor<2x6x4xf32>) -> tensor<2x6x4xf32>
  %13 = vit.transpose %12 [1, 0, 2] : (tensor<2x6x4xf32>) -> tensor<6x2x4xf32>
  %14 = vit.reshape %13 : (tensor<6x2x4xf32>) -> tensor<6x8xf32>
  return %14 : tensor<6x8xf32>
}
