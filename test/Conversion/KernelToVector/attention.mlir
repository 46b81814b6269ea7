// RUN: vitc-opt --kernel-set-target=cpu=x86-64-v3 --convert-kernel-to-vector %s | FileCheck %s -D'$VECTOR=vector<8xf32>'
// RUN: vitc-opt --kernel-set-target=cpu=x86-64-v4 --convert-kernel-to-vector %s | FileCheck %s -D'$VECTOR=vector<16xf32>'

// CHECK-LABEL: func.func @attention(
func.func @attention(%p: memref<3x2x20x16xf32>, %y: memref<20x32xf32>) {
  %keys = kernel.buffer : memref<2x2x16x16xf32>
  // CHECK: kernel.launch "pack_keys" @pack_keys_3x2x20x16_2x2x16x16(%{{.*}}, %{{.*}}) tasks 4 flops 0
  kernel.pack_keys %p[1] into %keys : memref<3x2x20x16xf32>, memref<2x2x16x16xf32>
  %scores = kernel.scratch : memref<5x32xf32>
  // CHECK: kernel.launch "attention" @attention_3x2x20x16_5x32(%{{.*}}) tasks 4 flops 51200
  kernel.attention %p[0], %keys, %p[2] into %y scratch %scores head_dim 16 keys 20 scale 0.25 schedule <rows <4 x 5 + 0 x 0> panels 1 tiles_per_task 2>
    : memref<3x2x20x16xf32>, memref<2x2x16x16xf32>, memref<3x2x20x16xf32>, memref<20x32xf32>, memref<5x32xf32>
  return
}

// CHECK-LABEL: func.func @bias_of_one_column(
func.func @bias_of_one_column(%q: memref<1x2x20x16xf32>, %keys: memref<2x2x16x16xf32>, %bias: memref<20x1xf32>, %y: memref<20x32xf32>) {
  %scores = kernel.scratch : memref<5x32xf32>
  kernel.attention %q[0], %keys, %q[0] bias %bias into %y scratch %scores head_dim 16 keys 20 scale 0.25 schedule <rows <4 x 5 + 0 x 0> panels 1 tiles_per_task 2>
    : memref<1x2x20x16xf32>, memref<2x2x16x16xf32>, memref<1x2x20x16xf32>, memref<20x1xf32>, memref<20x32xf32>, memref<5x32xf32>
  return
}

// Squares are transposed in registers; tokens past the last one are zero.
// CHECK-LABEL: func.func private @pack_keys_3x2x20x16_2x2x16x16(
// CHECK-SAME: %{{[^:]*}}: index, %[[IN:[^:]*]]: memref<3x2x20x16xf32>, %[[OUT:[^:]*]]: memref<2x2x16x16xf32>)
// CHECK: scf.if
// CHECK: vector.load %[[IN]][%{{.*}}] : memref<3x2x20x16xf32>, [[$VECTOR]]
// CHECK: vector.shuffle
// CHECK: vector.store %{{.*}}, %[[OUT]][%{{.*}}] : memref<2x2x16x16xf32>, [[$VECTOR]]
// CHECK: } else {
// CHECK: arith.constant dense<0.000000e+00> : [[$VECTOR]]

// Scores with their maxima, exponentials with their sum, values.
// CHECK-LABEL: func.func private @attention_3x2x20x16_5x32(
// CHECK-SAME: %{{[^:]*}}: index, %[[Q:[^:]*]]: memref<3x2x20x16xf32>, %[[K:[^:]*]]: memref<2x2x16x16xf32>, %[[V:[^:]*]]: memref<3x2x20x16xf32>, %[[Y:[^:]*]]: memref<20x32xf32>, %[[S:[^:]*]]: memref<5x32xf32>)
// CHECK: vector.load %[[K]][%{{.*}}] : memref<2x2x16x16xf32>, [[$VECTOR]]
// CHECK: memref.load %[[Q]]
// CHECK: vector.fma
// CHECK: vector.store %{{.*}}, %[[S]]
// CHECK: %[[GREATER:.*]] = arith.cmpf ogt, %[[A:.*]], %[[B:.*]] : [[$VECTOR]]
// CHECK: arith.select %[[GREATER]], %[[A]], %[[B]]
// The last panel holds keys 16 to 31, of which twelve do not exist.
// CHECK: arith.select %{{.*}}, %{{.*}}, %{{.*}} : vector<{{[0-9]+}}xi1>, [[$VECTOR]]
// CHECK: vector.shuffle
// CHECK: vector.extract
// CHECK: arith.shli
// CHECK: vector.store %{{.*}}, %[[S]]
// CHECK: arith.divf
// CHECK: vector.load %[[V]][%{{.*}}] : memref<3x2x20x16xf32>, [[$VECTOR]]
// CHECK: memref.load %[[S]]
// CHECK: vector.fma
// CHECK: vector.store %{{.*}}, %[[Y]][%{{.*}}] : memref<20x32xf32>, [[$VECTOR]]
// CHECK-NOT: math.

// A bias of one column is one number for each query.
// CHECK-LABEL: func.func private @attention_1x2x20x16_5x32(
// CHECK-SAME: %[[BIAS:[^:]*]]: memref<20x1xf32>,
// CHECK: memref.load %[[BIAS]][%{{.*}}, %{{.*}}] : memref<20x1xf32>
// CHECK-NEXT: vector.broadcast %{{.*}} : f32 to [[$VECTOR]]
// CHECK-NOT: vector.load %[[BIAS]]
