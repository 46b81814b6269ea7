// RUN: vitc-opt --pass-pipeline='builtin.module(func.func(vit-fuse-attention{emit-remarks=true}))' --split-input-file --verify-diagnostics %s | FileCheck %s

// Each is an attention with one thing that the pass does not know.

// CHECK-LABEL: func.func @probabilities_are_a_result(
// CHECK: vit.softmax {{.*}} {vit.not_fused = "the probabilities have another user"}
func.func @probabilities_are_a_result(%x: tensor<5x8xf32>) -> (tensor<5x8xf32>, tensor<2x5x5xf32>) {
  %w = vit.weight "w" : tensor<8x8xf32>
  %q0 = vit.linear %x, %w : (tensor<5x8xf32>, tensor<8x8xf32>) -> tensor<5x8xf32>
  %q1 = vit.reshape %q0 : (tensor<5x8xf32>) -> tensor<5x2x4xf32>
  %q = vit.transpose %q1 [1, 0, 2] : (tensor<5x2x4xf32>) -> tensor<2x5x4xf32>
  %k0 = vit.linear %x, %w : (tensor<5x8xf32>, tensor<8x8xf32>) -> tensor<5x8xf32>
  %k1 = vit.reshape %k0 : (tensor<5x8xf32>) -> tensor<5x2x4xf32>
  %k = vit.transpose %k1 [1, 0, 2] : (tensor<5x2x4xf32>) -> tensor<2x5x4xf32>
  %v0 = vit.linear %x, %w : (tensor<5x8xf32>, tensor<8x8xf32>) -> tensor<5x8xf32>
  %v1 = vit.reshape %v0 : (tensor<5x8xf32>) -> tensor<5x2x4xf32>
  %v = vit.transpose %v1 [1, 0, 2] : (tensor<5x2x4xf32>) -> tensor<2x5x4xf32>
  %s = vit.matmul %q, %k {transpose_rhs} : (tensor<2x5x4xf32>, tensor<2x5x4xf32>) -> tensor<2x5x5xf32>
  %t = vit.scale %s by 0.5 : (tensor<2x5x5xf32>) -> tensor<2x5x5xf32>
  // expected-remark@+1 {{not fused: the probabilities have another user}}
  %p = vit.softmax %t : (tensor<2x5x5xf32>) -> tensor<2x5x5xf32>
  %c = vit.matmul %p, %v : (tensor<2x5x5xf32>, tensor<2x5x4xf32>) -> tensor<2x5x4xf32>
  %r0 = vit.transpose %c [1, 0, 2] : (tensor<2x5x4xf32>) -> tensor<5x2x4xf32>
  %r = vit.reshape %r0 : (tensor<5x2x4xf32>) -> tensor<5x8xf32>
  return %r, %p : tensor<5x8xf32>, tensor<2x5x5xf32>
}

// -----

// CHECK-LABEL: func.func @scores_are_a_result(
// CHECK: vit.softmax {{.*}} {vit.not_fused = "the scores have another user"}
func.func @scores_are_a_result(%x: tensor<5x8xf32>) -> (tensor<5x8xf32>, tensor<2x5x5xf32>) {
  %w = vit.weight "w" : tensor<8x8xf32>
  %q0 = vit.linear %x, %w : (tensor<5x8xf32>, tensor<8x8xf32>) -> tensor<5x8xf32>
  %q1 = vit.reshape %q0 : (tensor<5x8xf32>) -> tensor<5x2x4xf32>
  %q = vit.transpose %q1 [1, 0, 2] : (tensor<5x2x4xf32>) -> tensor<2x5x4xf32>
  %k0 = vit.linear %x, %w : (tensor<5x8xf32>, tensor<8x8xf32>) -> tensor<5x8xf32>
  %k1 = vit.reshape %k0 : (tensor<5x8xf32>) -> tensor<5x2x4xf32>
  %k = vit.transpose %k1 [1, 0, 2] : (tensor<5x2x4xf32>) -> tensor<2x5x4xf32>
  %v0 = vit.linear %x, %w : (tensor<5x8xf32>, tensor<8x8xf32>) -> tensor<5x8xf32>
  %v1 = vit.reshape %v0 : (tensor<5x8xf32>) -> tensor<5x2x4xf32>
  %v = vit.transpose %v1 [1, 0, 2] : (tensor<5x2x4xf32>) -> tensor<2x5x4xf32>
  %s = vit.matmul %q, %k {transpose_rhs} : (tensor<2x5x4xf32>, tensor<2x5x4xf32>) -> tensor<2x5x5xf32>
  %t = vit.scale %s by 0.5 : (tensor<2x5x5xf32>) -> tensor<2x5x5xf32>
  // expected-remark@+1 {{not fused: the scores have another user}}
  %p = vit.softmax %t : (tensor<2x5x5xf32>) -> tensor<2x5x5xf32>
  %c = vit.matmul %p, %v : (tensor<2x5x5xf32>, tensor<2x5x4xf32>) -> tensor<2x5x4xf32>
  %r0 = vit.transpose %c [1, 0, 2] : (tensor<2x5x4xf32>) -> tensor<5x2x4xf32>
  %r = vit.reshape %r0 : (tensor<5x2x4xf32>) -> tensor<5x8xf32>
  return %r, %s : tensor<5x8xf32>, tensor<2x5x5xf32>
}

// -----

// Factors of heads fuse, those of queries do not.
// CHECK-LABEL: func.func @temperature(
// CHECK: vit.softmax {{.*}} {vit.not_fused = "'vit.mul' stands between scores and softmax"}
func.func @temperature(%x: tensor<5x8xf32>) -> tensor<5x8xf32> {
  %w = vit.weight "w" : tensor<8x8xf32>
  %q0 = vit.linear %x, %w : (tensor<5x8xf32>, tensor<8x8xf32>) -> tensor<5x8xf32>
  %q1 = vit.reshape %q0 : (tensor<5x8xf32>) -> tensor<5x2x4xf32>
  %q = vit.transpose %q1 [1, 0, 2] : (tensor<5x2x4xf32>) -> tensor<2x5x4xf32>
  %k0 = vit.linear %x, %w : (tensor<5x8xf32>, tensor<8x8xf32>) -> tensor<5x8xf32>
  %k1 = vit.reshape %k0 : (tensor<5x8xf32>) -> tensor<5x2x4xf32>
  %k = vit.transpose %k1 [1, 0, 2] : (tensor<5x2x4xf32>) -> tensor<2x5x4xf32>
  %v0 = vit.linear %x, %w : (tensor<5x8xf32>, tensor<8x8xf32>) -> tensor<5x8xf32>
  %v1 = vit.reshape %v0 : (tensor<5x8xf32>) -> tensor<5x2x4xf32>
  %v = vit.transpose %v1 [1, 0, 2] : (tensor<5x2x4xf32>) -> tensor<2x5x4xf32>
  %s = vit.matmul %q, %k {transpose_rhs} : (tensor<2x5x4xf32>, tensor<2x5x4xf32>) -> tensor<2x5x5xf32>
  %tau = vit.weight "tau" : tensor<2x5x1xf32>
  %t0 = vit.mul %s, %tau : (tensor<2x5x5xf32>, tensor<2x5x1xf32>) -> tensor<2x5x5xf32>
  %b = vit.weight "b" : tensor<5x5xf32>
  %t = vit.add %t0, %b : (tensor<2x5x5xf32>, tensor<5x5xf32>) -> tensor<2x5x5xf32>
  // expected-remark@+1 {{not fused: 'vit.mul' stands between scores and softmax}}
  %p = vit.softmax %t : (tensor<2x5x5xf32>) -> tensor<2x5x5xf32>
  %c = vit.matmul %p, %v : (tensor<2x5x5xf32>, tensor<2x5x4xf32>) -> tensor<2x5x4xf32>
  %r0 = vit.transpose %c [1, 0, 2] : (tensor<2x5x4xf32>) -> tensor<5x2x4xf32>
  %r = vit.reshape %r0 : (tensor<5x2x4xf32>) -> tensor<5x8xf32>
  return %r : tensor<5x8xf32>
}

// -----

// CHECK-LABEL: func.func @query_activation(
// CHECK: vit.softmax {{.*}} {vit.not_fused = "query comes from 'vit.activation', not from a linear layer"}
func.func @query_activation(%x: tensor<5x8xf32>) -> tensor<5x8xf32> {
  %w = vit.weight "w" : tensor<8x8xf32>
  %q0 = vit.linear %x, %w : (tensor<5x8xf32>, tensor<8x8xf32>) -> tensor<5x8xf32>
  %q1 = vit.reshape %q0 : (tensor<5x8xf32>) -> tensor<5x2x4xf32>
  %q2 = vit.transpose %q1 [1, 0, 2] : (tensor<5x2x4xf32>) -> tensor<2x5x4xf32>
  %q = vit.activation relu %q2 : (tensor<2x5x4xf32>) -> tensor<2x5x4xf32>
  %k0 = vit.linear %x, %w : (tensor<5x8xf32>, tensor<8x8xf32>) -> tensor<5x8xf32>
  %k1 = vit.reshape %k0 : (tensor<5x8xf32>) -> tensor<5x2x4xf32>
  %k = vit.transpose %k1 [1, 0, 2] : (tensor<5x2x4xf32>) -> tensor<2x5x4xf32>
  %v0 = vit.linear %x, %w : (tensor<5x8xf32>, tensor<8x8xf32>) -> tensor<5x8xf32>
  %v1 = vit.reshape %v0 : (tensor<5x8xf32>) -> tensor<5x2x4xf32>
  %v = vit.transpose %v1 [1, 0, 2] : (tensor<5x2x4xf32>) -> tensor<2x5x4xf32>
  %s = vit.matmul %q, %k {transpose_rhs} : (tensor<2x5x4xf32>, tensor<2x5x4xf32>) -> tensor<2x5x5xf32>
  %t = vit.scale %s by 0.5 : (tensor<2x5x5xf32>) -> tensor<2x5x5xf32>
  // expected-remark@+1 {{not fused: query comes from 'vit.activation', not from a linear layer}}
  %p = vit.softmax %t : (tensor<2x5x5xf32>) -> tensor<2x5x5xf32>
  %c = vit.matmul %p, %v : (tensor<2x5x5xf32>, tensor<2x5x4xf32>) -> tensor<2x5x4xf32>
  %r0 = vit.transpose %c [1, 0, 2] : (tensor<2x5x4xf32>) -> tensor<5x2x4xf32>
  %r = vit.reshape %r0 : (tensor<5x2x4xf32>) -> tensor<5x8xf32>
  return %r : tensor<5x8xf32>
}

// -----

// CHECK-LABEL: func.func @value_is_an_argument(
// CHECK: vit.softmax {{.*}} {vit.not_fused = "value does not come from a linear layer"}
func.func @value_is_an_argument(%x: tensor<5x8xf32>, %v: tensor<2x5x4xf32>) -> tensor<5x8xf32> {
  %w = vit.weight "w" : tensor<8x8xf32>
  %q0 = vit.linear %x, %w : (tensor<5x8xf32>, tensor<8x8xf32>) -> tensor<5x8xf32>
  %q1 = vit.reshape %q0 : (tensor<5x8xf32>) -> tensor<5x2x4xf32>
  %q = vit.transpose %q1 [1, 0, 2] : (tensor<5x2x4xf32>) -> tensor<2x5x4xf32>
  %k0 = vit.linear %x, %w : (tensor<5x8xf32>, tensor<8x8xf32>) -> tensor<5x8xf32>
  %k1 = vit.reshape %k0 : (tensor<5x8xf32>) -> tensor<5x2x4xf32>
  %k = vit.transpose %k1 [1, 0, 2] : (tensor<5x2x4xf32>) -> tensor<2x5x4xf32>
  // The values are an argument.
  %s = vit.matmul %q, %k {transpose_rhs} : (tensor<2x5x4xf32>, tensor<2x5x4xf32>) -> tensor<2x5x5xf32>
  %t = vit.scale %s by 0.5 : (tensor<2x5x5xf32>) -> tensor<2x5x5xf32>
  // expected-remark@+1 {{not fused: value does not come from a linear layer}}
  %p = vit.softmax %t : (tensor<2x5x5xf32>) -> tensor<2x5x5xf32>
  %c = vit.matmul %p, %v : (tensor<2x5x5xf32>, tensor<2x5x4xf32>) -> tensor<2x5x4xf32>
  %r0 = vit.transpose %c [1, 0, 2] : (tensor<2x5x4xf32>) -> tensor<5x2x4xf32>
  %r = vit.reshape %r0 : (tensor<5x2x4xf32>) -> tensor<5x8xf32>
  return %r : tensor<5x8xf32>
}

// -----

// CHECK-LABEL: func.func @key_is_a_result(
// CHECK: vit.softmax {{.*}} {vit.not_fused = "key by head has another user"}
func.func @key_is_a_result(%x: tensor<5x8xf32>) -> (tensor<5x8xf32>, tensor<2x5x4xf32>) {
  %w = vit.weight "w" : tensor<8x8xf32>
  %q0 = vit.linear %x, %w : (tensor<5x8xf32>, tensor<8x8xf32>) -> tensor<5x8xf32>
  %q1 = vit.reshape %q0 : (tensor<5x8xf32>) -> tensor<5x2x4xf32>
  %q = vit.transpose %q1 [1, 0, 2] : (tensor<5x2x4xf32>) -> tensor<2x5x4xf32>
  %k0 = vit.linear %x, %w : (tensor<5x8xf32>, tensor<8x8xf32>) -> tensor<5x8xf32>
  %k1 = vit.reshape %k0 : (tensor<5x8xf32>) -> tensor<5x2x4xf32>
  %k = vit.transpose %k1 [1, 0, 2] : (tensor<5x2x4xf32>) -> tensor<2x5x4xf32>
  %v0 = vit.linear %x, %w : (tensor<5x8xf32>, tensor<8x8xf32>) -> tensor<5x8xf32>
  %v1 = vit.reshape %v0 : (tensor<5x8xf32>) -> tensor<5x2x4xf32>
  %v = vit.transpose %v1 [1, 0, 2] : (tensor<5x2x4xf32>) -> tensor<2x5x4xf32>
  %s = vit.matmul %q, %k {transpose_rhs} : (tensor<2x5x4xf32>, tensor<2x5x4xf32>) -> tensor<2x5x5xf32>
  %t = vit.scale %s by 0.5 : (tensor<2x5x5xf32>) -> tensor<2x5x5xf32>
  // expected-remark@+1 {{not fused: key by head has another user}}
  %p = vit.softmax %t : (tensor<2x5x5xf32>) -> tensor<2x5x5xf32>
  %c = vit.matmul %p, %v : (tensor<2x5x5xf32>, tensor<2x5x4xf32>) -> tensor<2x5x4xf32>
  %r0 = vit.transpose %c [1, 0, 2] : (tensor<2x5x4xf32>) -> tensor<5x2x4xf32>
  %r = vit.reshape %r0 : (tensor<5x2x4xf32>) -> tensor<5x8xf32>
  return %r, %k : tensor<5x8xf32>, tensor<2x5x4xf32>
}

// -----

// CHECK-LABEL: func.func @projection_is_a_result(
// CHECK: vit.softmax {{.*}} {vit.not_fused = "query has another user"}
func.func @projection_is_a_result(%x: tensor<5x8xf32>) -> (tensor<5x8xf32>, tensor<5x8xf32>) {
  %w = vit.weight "w" : tensor<8x8xf32>
  %q0 = vit.linear %x, %w : (tensor<5x8xf32>, tensor<8x8xf32>) -> tensor<5x8xf32>
  %q1 = vit.reshape %q0 : (tensor<5x8xf32>) -> tensor<5x2x4xf32>
  %q = vit.transpose %q1 [1, 0, 2] : (tensor<5x2x4xf32>) -> tensor<2x5x4xf32>
  %k0 = vit.linear %x, %w : (tensor<5x8xf32>, tensor<8x8xf32>) -> tensor<5x8xf32>
  %k1 = vit.reshape %k0 : (tensor<5x8xf32>) -> tensor<5x2x4xf32>
  %k = vit.transpose %k1 [1, 0, 2] : (tensor<5x2x4xf32>) -> tensor<2x5x4xf32>
  %v0 = vit.linear %x, %w : (tensor<5x8xf32>, tensor<8x8xf32>) -> tensor<5x8xf32>
  %v1 = vit.reshape %v0 : (tensor<5x8xf32>) -> tensor<5x2x4xf32>
  %v = vit.transpose %v1 [1, 0, 2] : (tensor<5x2x4xf32>) -> tensor<2x5x4xf32>
  %s = vit.matmul %q, %k {transpose_rhs} : (tensor<2x5x4xf32>, tensor<2x5x4xf32>) -> tensor<2x5x5xf32>
  %t = vit.scale %s by 0.5 : (tensor<2x5x5xf32>) -> tensor<2x5x5xf32>
  // expected-remark@+1 {{not fused: query has another user}}
  %p = vit.softmax %t : (tensor<2x5x5xf32>) -> tensor<2x5x5xf32>
  %c = vit.matmul %p, %v : (tensor<2x5x5xf32>, tensor<2x5x4xf32>) -> tensor<2x5x4xf32>
  %r0 = vit.transpose %c [1, 0, 2] : (tensor<2x5x4xf32>) -> tensor<5x2x4xf32>
  %r = vit.reshape %r0 : (tensor<5x2x4xf32>) -> tensor<5x8xf32>
  return %r, %q0 : tensor<5x8xf32>, tensor<5x8xf32>
}

// -----

// CHECK-LABEL: func.func @run_time_weight(
// CHECK: vit.softmax {{.*}} {vit.not_fused = "value has a weight or bias that is computed at run time"}
func.func @run_time_weight(%x: tensor<5x8xf32>, %wv: tensor<8x8xf32>) -> tensor<5x8xf32> {
  %w = vit.weight "w" : tensor<8x8xf32>
  %q0 = vit.linear %x, %w : (tensor<5x8xf32>, tensor<8x8xf32>) -> tensor<5x8xf32>
  %q1 = vit.reshape %q0 : (tensor<5x8xf32>) -> tensor<5x2x4xf32>
  %q = vit.transpose %q1 [1, 0, 2] : (tensor<5x2x4xf32>) -> tensor<2x5x4xf32>
  %k0 = vit.linear %x, %w : (tensor<5x8xf32>, tensor<8x8xf32>) -> tensor<5x8xf32>
  %k1 = vit.reshape %k0 : (tensor<5x8xf32>) -> tensor<5x2x4xf32>
  %k = vit.transpose %k1 [1, 0, 2] : (tensor<5x2x4xf32>) -> tensor<2x5x4xf32>
  %v0 = vit.linear %x, %wv : (tensor<5x8xf32>, tensor<8x8xf32>) -> tensor<5x8xf32>
  %v1 = vit.reshape %v0 : (tensor<5x8xf32>) -> tensor<5x2x4xf32>
  %v = vit.transpose %v1 [1, 0, 2] : (tensor<5x2x4xf32>) -> tensor<2x5x4xf32>
  %s = vit.matmul %q, %k {transpose_rhs} : (tensor<2x5x4xf32>, tensor<2x5x4xf32>) -> tensor<2x5x5xf32>
  %t = vit.scale %s by 0.5 : (tensor<2x5x5xf32>) -> tensor<2x5x5xf32>
  // expected-remark@+1 {{not fused: value has a weight or bias that is computed at run time}}
  %p = vit.softmax %t : (tensor<2x5x5xf32>) -> tensor<2x5x5xf32>
  %c = vit.matmul %p, %v : (tensor<2x5x5xf32>, tensor<2x5x4xf32>) -> tensor<2x5x4xf32>
  %r0 = vit.transpose %c [1, 0, 2] : (tensor<2x5x4xf32>) -> tensor<5x2x4xf32>
  %r = vit.reshape %r0 : (tensor<5x2x4xf32>) -> tensor<5x8xf32>
  return %r : tensor<5x8xf32>
}

// -----

// CHECK-LABEL: func.func @interleaved_heads(
// CHECK: vit.softmax {{.*}} {vit.not_fused = "key is not a linear layer with its features split by head"}
func.func @interleaved_heads(%x: tensor<5x8xf32>) -> tensor<5x8xf32> {
  %w = vit.weight "w" : tensor<8x8xf32>
  %q0 = vit.linear %x, %w : (tensor<5x8xf32>, tensor<8x8xf32>) -> tensor<5x8xf32>
  %q1 = vit.reshape %q0 : (tensor<5x8xf32>) -> tensor<5x2x4xf32>
  %q = vit.transpose %q1 [1, 0, 2] : (tensor<5x2x4xf32>) -> tensor<2x5x4xf32>
  %k0 = vit.linear %x, %w : (tensor<5x8xf32>, tensor<8x8xf32>) -> tensor<5x8xf32>
  %k1 = vit.reshape %k0 : (tensor<5x8xf32>) -> tensor<5x4x2xf32>
  %k = vit.transpose %k1 [2, 0, 1] : (tensor<5x4x2xf32>) -> tensor<2x5x4xf32>
  %v0 = vit.linear %x, %w : (tensor<5x8xf32>, tensor<8x8xf32>) -> tensor<5x8xf32>
  %v1 = vit.reshape %v0 : (tensor<5x8xf32>) -> tensor<5x2x4xf32>
  %v = vit.transpose %v1 [1, 0, 2] : (tensor<5x2x4xf32>) -> tensor<2x5x4xf32>
  %s = vit.matmul %q, %k {transpose_rhs} : (tensor<2x5x4xf32>, tensor<2x5x4xf32>) -> tensor<2x5x5xf32>
  %t = vit.scale %s by 0.5 : (tensor<2x5x5xf32>) -> tensor<2x5x5xf32>
  // expected-remark@+1 {{not fused: key is not a linear layer with its features split by head}}
  %p = vit.softmax %t : (tensor<2x5x5xf32>) -> tensor<2x5x5xf32>
  %c = vit.matmul %p, %v : (tensor<2x5x5xf32>, tensor<2x5x4xf32>) -> tensor<2x5x4xf32>
  %r0 = vit.transpose %c [1, 0, 2] : (tensor<2x5x4xf32>) -> tensor<5x2x4xf32>
  %r = vit.reshape %r0 : (tensor<5x2x4xf32>) -> tensor<5x8xf32>
  return %r : tensor<5x8xf32>
}

// -----

// CHECK-LABEL: func.func @heads_stay_apart(
// CHECK: vit.softmax {{.*}} {vit.not_fused = "the heads of the result are not just concatenated"}
func.func @heads_stay_apart(%x: tensor<5x8xf32>) -> tensor<2x5x4xf32> {
  %w = vit.weight "w" : tensor<8x8xf32>
  %q0 = vit.linear %x, %w : (tensor<5x8xf32>, tensor<8x8xf32>) -> tensor<5x8xf32>
  %q1 = vit.reshape %q0 : (tensor<5x8xf32>) -> tensor<5x2x4xf32>
  %q = vit.transpose %q1 [1, 0, 2] : (tensor<5x2x4xf32>) -> tensor<2x5x4xf32>
  %k0 = vit.linear %x, %w : (tensor<5x8xf32>, tensor<8x8xf32>) -> tensor<5x8xf32>
  %k1 = vit.reshape %k0 : (tensor<5x8xf32>) -> tensor<5x2x4xf32>
  %k = vit.transpose %k1 [1, 0, 2] : (tensor<5x2x4xf32>) -> tensor<2x5x4xf32>
  %v0 = vit.linear %x, %w : (tensor<5x8xf32>, tensor<8x8xf32>) -> tensor<5x8xf32>
  %v1 = vit.reshape %v0 : (tensor<5x8xf32>) -> tensor<5x2x4xf32>
  %v = vit.transpose %v1 [1, 0, 2] : (tensor<5x2x4xf32>) -> tensor<2x5x4xf32>
  %s = vit.matmul %q, %k {transpose_rhs} : (tensor<2x5x4xf32>, tensor<2x5x4xf32>) -> tensor<2x5x5xf32>
  %t = vit.scale %s by 0.5 : (tensor<2x5x5xf32>) -> tensor<2x5x5xf32>
  // expected-remark@+1 {{not fused: the heads of the result are not just concatenated}}
  %p = vit.softmax %t : (tensor<2x5x5xf32>) -> tensor<2x5x5xf32>
  %c = vit.matmul %p, %v : (tensor<2x5x5xf32>, tensor<2x5x4xf32>) -> tensor<2x5x4xf32>

  return %c : tensor<2x5x4xf32>
}

// -----

// No attention: nothing to refuse.
// CHECK-LABEL: func.func @scores_of_classes(
// CHECK: vit.softmax %{{.*}} : (tensor<3xf32>)
func.func @scores_of_classes(%x: tensor<8xf32>) -> tensor<3xf32> {
  %w = vit.weight "w" : tensor<3x8xf32>
  %0 = vit.linear %x, %w : (tensor<8xf32>, tensor<3x8xf32>) -> tensor<3xf32>
  %1 = vit.softmax %0 : (tensor<3xf32>) -> tensor<3xf32>
  return %1 : tensor<3xf32>
}

// -----

// CHECK-LABEL: func.func @more_dimensions(
func.func @more_dimensions(%q: tensor<3x1x2x5x4xf32>) -> tensor<3x1x2x5x4xf32> {
  %0 = vit.matmul %q, %q {transpose_rhs} : (tensor<3x1x2x5x4xf32>, tensor<3x1x2x5x4xf32>) -> tensor<3x1x2x5x5xf32>
  // expected-remark@+1 {{not fused: the scores are not heads x queries x keys, or sequences of such}}
  %1 = vit.softmax %0 : (tensor<3x1x2x5x5xf32>) -> tensor<3x1x2x5x5xf32>
  %2 = vit.matmul %1, %q : (tensor<3x1x2x5x5xf32>, tensor<3x1x2x5x4xf32>) -> tensor<3x1x2x5x4xf32>
  return %2 : tensor<3x1x2x5x4xf32>
}

// -----

// A norm over the tokens of a feature is none of a head's rows.
// CHECK-LABEL: func.func @norm_of_transposed_keys(
// CHECK: vit.softmax {{.*}} {vit.not_fused = "key is transposed after its norm or rotation"}
func.func @norm_of_transposed_keys(%x: tensor<5x8xf32>) -> tensor<5x8xf32> {
  %w = vit.weight "w" : tensor<8x8xf32>
  %q0 = vit.linear %x, %w : (tensor<5x8xf32>, tensor<8x8xf32>) -> tensor<5x8xf32>
  %q1 = vit.reshape %q0 : (tensor<5x8xf32>) -> tensor<5x2x4xf32>
  %q = vit.transpose %q1 [1, 0, 2] : (tensor<5x2x4xf32>) -> tensor<2x5x4xf32>
  %k0 = vit.linear %x, %w : (tensor<5x8xf32>, tensor<8x8xf32>) -> tensor<5x8xf32>
  %k1 = vit.reshape %k0 : (tensor<5x8xf32>) -> tensor<5x2x4xf32>
  %k2 = vit.transpose %k1 [1, 2, 0] : (tensor<5x2x4xf32>) -> tensor<2x4x5xf32>
  %k = vit.layer_norm %k2 {epsilon = 0.5 : f64} : (tensor<2x4x5xf32>) -> tensor<2x4x5xf32>
  %v0 = vit.linear %x, %w : (tensor<5x8xf32>, tensor<8x8xf32>) -> tensor<5x8xf32>
  %v1 = vit.reshape %v0 : (tensor<5x8xf32>) -> tensor<5x2x4xf32>
  %v = vit.transpose %v1 [1, 0, 2] : (tensor<5x2x4xf32>) -> tensor<2x5x4xf32>
  %s = vit.matmul %q, %k : (tensor<2x5x4xf32>, tensor<2x4x5xf32>) -> tensor<2x5x5xf32>
  // expected-remark@+1 {{not fused: key is transposed after its norm or rotation}}
  %p = vit.softmax %s : (tensor<2x5x5xf32>) -> tensor<2x5x5xf32>
  %c = vit.matmul %p, %v : (tensor<2x5x5xf32>, tensor<2x5x4xf32>) -> tensor<2x5x4xf32>
  %r0 = vit.transpose %c [1, 0, 2] : (tensor<2x5x4xf32>) -> tensor<5x2x4xf32>
  %r = vit.reshape %r0 : (tensor<5x2x4xf32>) -> tensor<5x8xf32>
  return %r : tensor<5x8xf32>
}

// -----

// What stands between is named, whatever it is.
// CHECK-LABEL: func.func @scores_activation(
// CHECK: vit.softmax {{.*}} {vit.not_fused = "'vit.activation relu' stands between scores and softmax"}
func.func @scores_activation(%x: tensor<5x8xf32>) -> tensor<5x8xf32> {
  %w = vit.weight "w" : tensor<8x8xf32>
  %q0 = vit.linear %x, %w : (tensor<5x8xf32>, tensor<8x8xf32>) -> tensor<5x8xf32>
  %q1 = vit.reshape %q0 : (tensor<5x8xf32>) -> tensor<5x2x4xf32>
  %q = vit.transpose %q1 [1, 0, 2] : (tensor<5x2x4xf32>) -> tensor<2x5x4xf32>
  %k0 = vit.linear %x, %w : (tensor<5x8xf32>, tensor<8x8xf32>) -> tensor<5x8xf32>
  %k1 = vit.reshape %k0 : (tensor<5x8xf32>) -> tensor<5x2x4xf32>
  %k = vit.transpose %k1 [1, 0, 2] : (tensor<5x2x4xf32>) -> tensor<2x5x4xf32>
  %v0 = vit.linear %x, %w : (tensor<5x8xf32>, tensor<8x8xf32>) -> tensor<5x8xf32>
  %v1 = vit.reshape %v0 : (tensor<5x8xf32>) -> tensor<5x2x4xf32>
  %v = vit.transpose %v1 [1, 0, 2] : (tensor<5x2x4xf32>) -> tensor<2x5x4xf32>
  %s = vit.matmul %q, %k {transpose_rhs} : (tensor<2x5x4xf32>, tensor<2x5x4xf32>) -> tensor<2x5x5xf32>
  %t0 = vit.scale %s by 0.5 : (tensor<2x5x5xf32>) -> tensor<2x5x5xf32>
  %t = vit.activation relu %t0 : (tensor<2x5x5xf32>) -> tensor<2x5x5xf32>
  // expected-remark@+1 {{not fused: 'vit.activation relu' stands between scores and softmax}}
  %p = vit.softmax %t : (tensor<2x5x5xf32>) -> tensor<2x5x5xf32>
  %c = vit.matmul %p, %v : (tensor<2x5x5xf32>, tensor<2x5x4xf32>) -> tensor<2x5x4xf32>
  %r0 = vit.transpose %c [1, 0, 2] : (tensor<2x5x4xf32>) -> tensor<5x2x4xf32>
  %r = vit.reshape %r0 : (tensor<5x2x4xf32>) -> tensor<5x8xf32>
  return %r : tensor<5x8xf32>
}

// -----

// Also on a branch of a sum.
// CHECK-LABEL: func.func @scores_activation_and_bias(
// CHECK: vit.softmax {{.*}} {vit.not_fused = "'vit.activation tanh' stands between scores and softmax"}
func.func @scores_activation_and_bias(%x: tensor<5x8xf32>) -> tensor<5x8xf32> {
  %w = vit.weight "w" : tensor<8x8xf32>
  %q0 = vit.linear %x, %w : (tensor<5x8xf32>, tensor<8x8xf32>) -> tensor<5x8xf32>
  %q1 = vit.reshape %q0 : (tensor<5x8xf32>) -> tensor<5x2x4xf32>
  %q = vit.transpose %q1 [1, 0, 2] : (tensor<5x2x4xf32>) -> tensor<2x5x4xf32>
  %k0 = vit.linear %x, %w : (tensor<5x8xf32>, tensor<8x8xf32>) -> tensor<5x8xf32>
  %k1 = vit.reshape %k0 : (tensor<5x8xf32>) -> tensor<5x2x4xf32>
  %k = vit.transpose %k1 [1, 0, 2] : (tensor<5x2x4xf32>) -> tensor<2x5x4xf32>
  %v0 = vit.linear %x, %w : (tensor<5x8xf32>, tensor<8x8xf32>) -> tensor<5x8xf32>
  %v1 = vit.reshape %v0 : (tensor<5x8xf32>) -> tensor<5x2x4xf32>
  %v = vit.transpose %v1 [1, 0, 2] : (tensor<5x2x4xf32>) -> tensor<2x5x4xf32>
  %s = vit.matmul %q, %k {transpose_rhs} : (tensor<2x5x4xf32>, tensor<2x5x4xf32>) -> tensor<2x5x5xf32>
  %b = vit.weight "b" : tensor<5x5xf32>
  %t0 = vit.activation tanh %s : (tensor<2x5x5xf32>) -> tensor<2x5x5xf32>
  %t = vit.add %b, %t0 : (tensor<5x5xf32>, tensor<2x5x5xf32>) -> tensor<2x5x5xf32>
  // expected-remark@+1 {{not fused: 'vit.activation tanh' stands between scores and softmax}}
  %p = vit.softmax %t : (tensor<2x5x5xf32>) -> tensor<2x5x5xf32>
  %c = vit.matmul %p, %v : (tensor<2x5x5xf32>, tensor<2x5x4xf32>) -> tensor<2x5x4xf32>
  %r0 = vit.transpose %c [1, 0, 2] : (tensor<2x5x4xf32>) -> tensor<5x2x4xf32>
  %r = vit.reshape %r0 : (tensor<5x2x4xf32>) -> tensor<5x8xf32>
  return %r : tensor<5x8xf32>
}

// -----

// Masks by head, say.
// CHECK-LABEL: func.func @probabilities_mask(
// CHECK: vit.softmax {{.*}} {vit.not_fused = "'vit.mul' stands between softmax and values"}
func.func @probabilities_mask(%x: tensor<5x8xf32>) -> tensor<5x8xf32> {
  %w = vit.weight "w" : tensor<8x8xf32>
  %q0 = vit.linear %x, %w : (tensor<5x8xf32>, tensor<8x8xf32>) -> tensor<5x8xf32>
  %q1 = vit.reshape %q0 : (tensor<5x8xf32>) -> tensor<5x2x4xf32>
  %q = vit.transpose %q1 [1, 0, 2] : (tensor<5x2x4xf32>) -> tensor<2x5x4xf32>
  %k0 = vit.linear %x, %w : (tensor<5x8xf32>, tensor<8x8xf32>) -> tensor<5x8xf32>
  %k1 = vit.reshape %k0 : (tensor<5x8xf32>) -> tensor<5x2x4xf32>
  %k = vit.transpose %k1 [1, 0, 2] : (tensor<5x2x4xf32>) -> tensor<2x5x4xf32>
  %v0 = vit.linear %x, %w : (tensor<5x8xf32>, tensor<8x8xf32>) -> tensor<5x8xf32>
  %v1 = vit.reshape %v0 : (tensor<5x8xf32>) -> tensor<5x2x4xf32>
  %v = vit.transpose %v1 [1, 0, 2] : (tensor<5x2x4xf32>) -> tensor<2x5x4xf32>
  %s = vit.matmul %q, %k {transpose_rhs} : (tensor<2x5x4xf32>, tensor<2x5x4xf32>) -> tensor<2x5x5xf32>
  %t = vit.scale %s by 0.5 : (tensor<2x5x5xf32>) -> tensor<2x5x5xf32>
  // expected-remark@+1 {{not fused: 'vit.mul' stands between softmax and values}}
  %p = vit.softmax %t : (tensor<2x5x5xf32>) -> tensor<2x5x5xf32>
  %m = vit.weight "m" : tensor<2x1x1xf32>
  %pm = vit.mul %p, %m : (tensor<2x5x5xf32>, tensor<2x1x1xf32>) -> tensor<2x5x5xf32>
  %c = vit.matmul %pm, %v : (tensor<2x5x5xf32>, tensor<2x5x4xf32>) -> tensor<2x5x4xf32>
  %r0 = vit.transpose %c [1, 0, 2] : (tensor<2x5x4xf32>) -> tensor<5x2x4xf32>
  %r = vit.reshape %r0 : (tensor<5x2x4xf32>) -> tensor<5x8xf32>
  return %r : tensor<5x8xf32>
}

// -----

// Values times probabilities.
// CHECK-LABEL: func.func @transposed_context(
// CHECK: vit.softmax {{.*}} {vit.not_fused = "the probabilities are the right operand of the product with values"}
func.func @transposed_context(%x: tensor<5x8xf32>) -> tensor<5x8xf32> {
  %w = vit.weight "w" : tensor<8x8xf32>
  %q0 = vit.linear %x, %w : (tensor<5x8xf32>, tensor<8x8xf32>) -> tensor<5x8xf32>
  %q1 = vit.reshape %q0 : (tensor<5x8xf32>) -> tensor<5x2x4xf32>
  %q = vit.transpose %q1 [1, 0, 2] : (tensor<5x2x4xf32>) -> tensor<2x5x4xf32>
  %k0 = vit.linear %x, %w : (tensor<5x8xf32>, tensor<8x8xf32>) -> tensor<5x8xf32>
  %k1 = vit.reshape %k0 : (tensor<5x8xf32>) -> tensor<5x2x4xf32>
  %k = vit.transpose %k1 [1, 0, 2] : (tensor<5x2x4xf32>) -> tensor<2x5x4xf32>
  %v0 = vit.linear %x, %w : (tensor<5x8xf32>, tensor<8x8xf32>) -> tensor<5x8xf32>
  %v1 = vit.reshape %v0 : (tensor<5x8xf32>) -> tensor<5x2x4xf32>
  %v = vit.transpose %v1 [1, 0, 2] : (tensor<5x2x4xf32>) -> tensor<2x5x4xf32>
  %s = vit.matmul %q, %k {transpose_rhs} : (tensor<2x5x4xf32>, tensor<2x5x4xf32>) -> tensor<2x5x5xf32>
  %t = vit.scale %s by 0.5 : (tensor<2x5x5xf32>) -> tensor<2x5x5xf32>
  // expected-remark@+1 {{not fused: the probabilities are the right operand of the product with values}}
  %p = vit.softmax %t : (tensor<2x5x5xf32>) -> tensor<2x5x5xf32>
  %vt = vit.transpose %v [0, 2, 1] : (tensor<2x5x4xf32>) -> tensor<2x4x5xf32>
  %ct = vit.matmul %vt, %p {transpose_rhs} : (tensor<2x4x5xf32>, tensor<2x5x5xf32>) -> tensor<2x4x5xf32>
  %c = vit.transpose %ct [0, 2, 1] : (tensor<2x4x5xf32>) -> tensor<2x5x4xf32>
  %r0 = vit.transpose %c [1, 0, 2] : (tensor<2x5x4xf32>) -> tensor<5x2x4xf32>
  %r = vit.reshape %r0 : (tensor<5x2x4xf32>) -> tensor<5x8xf32>
  return %r : tensor<5x8xf32>
}
