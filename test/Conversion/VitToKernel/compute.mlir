// RUN: vitc-opt --convert-vit-to-kernel --split-input-file --verify-diagnostics %s | FileCheck %s --implicit-check-not=memref.alloc --implicit-check-not=memref.copy

// Broadcasting is in the maps. A weight is packed as it is, a number as one element.
// CHECK-DAG: #[[$ID:.*]] = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
// CHECK-DAG: #[[$LAST:.*]] = affine_map<(d0, d1, d2) -> (d2)>
// CHECK-DAG: #[[$COLUMN:.*]] = affine_map<(d0, d1, d2) -> (d1, 0)>
// CHECK-DAG: #[[$NUMBER:.*]] = affine_map<(d0, d1, d2) -> (0)>
// CHECK-LABEL: func.func @elementwise(
// CHECK-SAME: %[[X:[^:]*]]: memref<2x3x4xf32>, %[[C:[^:]*]]: memref<3x1xf32>, %[[OUT:[^:]*]]: memref<2x3x4xf32>
func.func @elementwise(%x: tensor<2x3x4xf32>, %c: tensor<3x1xf32>) -> tensor<2x3x4xf32> {
  // CHECK: %[[B:.*]] = kernel.pack rows %{{.*}} : tensor<4xf32> -> memref<4xf32>
  %b = vit.weight "b" : tensor<4xf32>
  // CHECK: %[[Y:.*]] = kernel.buffer : memref<2x3x4xf32, strided<[12, 4, 1]>>
  // CHECK: kernel.compute "add" inputs 2(%[[X]], %[[B]], %[[Y]]) flops 24 :
  // CHECK-NEXT: ^bb0(%[[BX:.*]]: memref<2x3x4xf32>, %[[BB:.*]]: memref<4xf32>, %[[BY:.*]]: memref<2x3x4xf32, strided<[12, 4, 1]>>):
  // CHECK-NEXT: linalg.generic {indexing_maps = [#[[$ID]], #[[$LAST]], #[[$ID]]], iterator_types = ["parallel", "parallel", "parallel"]} ins(%[[BX]], %[[BB]] : {{.*}}) outs(%[[BY]] :
  // CHECK: arith.addf
  %y = vit.add %x, %b : (tensor<2x3x4xf32>, tensor<4xf32>) -> tensor<2x3x4xf32>
  // CHECK: kernel.compute "mul" inputs 2(%[[C]], %[[Y]], %{{.*}}) flops 24 :
  // CHECK: indexing_maps = [#[[$COLUMN]], #[[$ID]], #[[$ID]]]
  // CHECK: arith.mulf
  %z = vit.mul %c, %y : (tensor<3x1xf32>, tensor<2x3x4xf32>) -> tensor<2x3x4xf32>
  %s = vit.weight "s" : tensor<f32>
  // CHECK: %[[ONE:.*]] = vit.weight_reshape %{{.*}} : (tensor<f32>) -> tensor<1xf32>
  // CHECK: %[[S:.*]] = kernel.pack rows %[[ONE]] : tensor<1xf32> -> memref<1xf32>
  // CHECK: kernel.compute "mul" inputs 2(%{{.*}}, %[[S]], %{{.*}})
  // CHECK: indexing_maps = [#[[$ID]], #[[$NUMBER]], #[[$ID]]]
  %t = vit.mul %z, %s : (tensor<2x3x4xf32>, tensor<f32>) -> tensor<2x3x4xf32>
  // CHECK: kernel.compute "scale" inputs 1(
  // CHECK: %[[HALF:.*]] = arith.constant 5.000000e-01 : f32
  // CHECK: arith.mulf %{{.*}}, %[[HALF]]
  %u = vit.scale %t by 0.5 : (tensor<2x3x4xf32>) -> tensor<2x3x4xf32>
  // CHECK: kernel.compute "activation" inputs 1(%{{.*}}, %[[OUT]])
  // CHECK: math.erf
  %v = vit.activation gelu %u : (tensor<2x3x4xf32>) -> tensor<2x3x4xf32>
  // CHECK: return
  return %v : tensor<2x3x4xf32>
}

// -----

// CHECK-LABEL: func.func @activations(
func.func @activations(%x: tensor<8xf32>) -> tensor<8xf32> {
  // CHECK: math.tanh
  %0 = vit.activation gelu_tanh %x : (tensor<8xf32>) -> tensor<8xf32>
  // CHECK: arith.constant 1.702
  // CHECK: arith.negf
  // CHECK: math.exp
  // CHECK: arith.divf
  %1 = vit.activation quick_gelu %0 : (tensor<8xf32>) -> tensor<8xf32>
  // CHECK: math.exp
  %2 = vit.activation silu %1 : (tensor<8xf32>) -> tensor<8xf32>
  // CHECK: arith.cmpf ogt
  %3 = vit.activation relu %2 : (tensor<8xf32>) -> tensor<8xf32>
  // CHECK: math.tanh
  %4 = vit.activation tanh %3 : (tensor<8xf32>) -> tensor<8xf32>
  // CHECK: math.exp
  %5 = vit.activation sigmoid %4 : (tensor<8xf32>) -> tensor<8xf32>
  return %5 : tensor<8xf32>
}

// -----

// Three passes over a row: maximum, exponentials into the output and their sum, division.
// CHECK-LABEL: func.func @softmax(
func.func @softmax(%x: tensor<2x5xf32>) -> tensor<2x5xf32> {
  // CHECK: kernel.compute "softmax" inputs 1(%{{.*}}, %{{.*}}) flops 50 :
  // CHECK-NEXT: ^bb0(%[[X:.*]]: memref<2x5xf32>, %[[Y:.*]]: memref<2x5xf32>):
  // CHECK: scf.for %[[ROW:.*]] =
  // CHECK: %[[MAX:.*]] = scf.for %[[I:.*]] = {{.*}} iter_args
  // CHECK: memref.load %[[X]][%[[ROW]], %[[I]]]
  // CHECK: arith.cmpf ogt
  // CHECK: %[[SUM:.*]] = scf.for %[[J:.*]] = {{.*}} iter_args
  // CHECK: %[[D:.*]] = arith.subf %{{.*}}, %[[MAX]]
  // CHECK: %[[E:.*]] = math.exp %[[D]]
  // CHECK: memref.store %[[E]], %[[Y]][%[[ROW]], %[[J]]]
  // CHECK: arith.addf
  // CHECK: %[[R:.*]] = arith.divf %{{.*}}, %[[SUM]]
  // CHECK: scf.for
  // CHECK: arith.mulf %{{.*}}, %[[R]]
  // CHECK: memref.store %{{.*}}, %[[Y]]
  %y = vit.softmax %x : (tensor<2x5xf32>) -> tensor<2x5xf32>
  return %y : tensor<2x5xf32>
}

// -----

// Without a mean there is one sum.
// CHECK-LABEL: func.func @rms_norm(
func.func @rms_norm(%x: tensor<2x3x5xf32>) -> tensor<2x3x5xf32> {
  // CHECK: kernel.compute "layer_norm" inputs 1(%{{.*}}, %{{.*}}) flops 120 :
  // CHECK: iter_args
  // CHECK-NOT: iter_args
  // CHECK: math.sqrt
  %y = vit.layer_norm %x {epsilon = 0.5 : f64, rms} : (tensor<2x3x5xf32>) -> tensor<2x3x5xf32>
  return %y : tensor<2x3x5xf32>
}

// -----

// CHECK-LABEL: func.func @layer_norm(
func.func @layer_norm(%x: tensor<2x3x5xf32>, %g: tensor<5xf32>) -> tensor<2x3x5xf32> {
  // CHECK: kernel.compute "layer_norm" inputs 1(%{{.*}}, %{{.*}}) flops 240 :
  // CHECK: iter_args
  // CHECK: iter_args
  // CHECK: math.sqrt
  %y = vit.layer_norm %x {epsilon = 0.5 : f64} : (tensor<2x3x5xf32>) -> tensor<2x3x5xf32>
  // CHECK: kernel.compute "layer_norm" inputs 3(
  // CHECK-NEXT: ^bb0(%{{.*}}: memref<2x3x5xf32, {{.*}}>, %[[G:.*]]: memref<5xf32>, %[[B:.*]]: memref<5xf32>,
  // CHECK: math.sqrt
  // CHECK-DAG: memref.load %[[G]]
  // CHECK-DAG: memref.load %[[B]]
  %z = vit.layer_norm %y, %g, %g {epsilon = 0.5 : f64} : (tensor<2x3x5xf32>, tensor<5xf32>, tensor<5xf32>) -> tensor<2x3x5xf32>
  return %z : tensor<2x3x5xf32>
}

// -----

// A mean of rows is a reduction, one of other dimensions collects rows in the output.
// CHECK-DAG: #[[$IN:.*]] = affine_map<(d0, d1) -> (d0, d1)>
// CHECK-DAG: #[[$FIRST:.*]] = affine_map<(d0, d1) -> (0, d1)>
// CHECK-LABEL: func.func @reduce_mean(
func.func @reduce_mean(%x: tensor<4x6xf32>) -> tensor<1x1xf32> {
  // CHECK: kernel.compute "reduce_mean" inputs 1(%{{.*}}, %{{.*}}) flops 24 :
  // CHECK: %[[QUARTER:.*]] = arith.constant 2.500000e-01 : f32
  // CHECK: linalg.generic {indexing_maps = [#[[$IN]], #[[$FIRST]]], iterator_types = ["reduction", "parallel"]}
  // CHECK: arith.mulf %{{.*}}, %[[QUARTER]]
  %y = vit.reduce_mean %x dim 0 : (tensor<4x6xf32>) -> tensor<1x6xf32>
  // CHECK: kernel.compute "reduce_mean"
  // CHECK-NOT: linalg.generic
  // CHECK: scf.for {{.*}} iter_args
  %z = vit.reduce_mean %y dim 1 : (tensor<1x6xf32>) -> tensor<1x1xf32>
  // CHECK: return
  return %z : tensor<1x1xf32>
}

// -----

// CHECK-LABEL: func.func @reduce_max(
func.func @reduce_max(%x: tensor<4x6xf32>) -> tensor<1x1xf32> {
  // CHECK: kernel.compute "reduce_max" inputs 1(%{{.*}}, %{{.*}}) flops 24 :
  // CHECK: linalg.generic {{.*}} iterator_types = ["reduction", "parallel"]}
  %y = vit.reduce_max %x dim 0 : (tensor<4x6xf32>) -> tensor<1x6xf32>
  // CHECK: kernel.compute "reduce_max"
  // CHECK: scf.for {{.*}} iter_args
  %z = vit.reduce_max %y dim 1 : (tensor<1x6xf32>) -> tensor<1x1xf32>
  return %z : tensor<1x1xf32>
}

// -----

// CHECK-DAG: #[[$PERMUTED:.*]] = affine_map<(d0, d1, d2) -> (d2, d0, d1)>
// CHECK-LABEL: func.func @movement(
func.func @movement(%x: tensor<3x4x6xf32>) -> (tensor<24x3xf32>, tensor<6x4xf32>, tensor<2x3x6xf32>) {
  // CHECK: kernel.compute "transpose" inputs 1(%{{.*}}, %[[T:.*]]) flops 0 :
  // CHECK: indexing_maps = [#[[$PERMUTED]], #{{.*}}]
  %t = vit.transpose %x [1, 2, 0] : (tensor<3x4x6xf32>) -> tensor<4x6x3xf32>
  // Loops are over 4x6x3: no division.
  // CHECK: kernel.compute "reshape" inputs 1(%[[T]], %{{.*}})
  // CHECK-NOT: arith.divui
  // CHECK: memref.load %{{.*}}[%{{.*}}, %{{.*}}, %[[K:[a-z0-9]+]]]
  // CHECK: memref.store %{{.*}}, %{{.*}}[%{{.*}}, %[[K]]]
  %r = vit.reshape %t : (tensor<4x6x3xf32>) -> tensor<24x3xf32>
  // CHECK: kernel.compute "slice"
  // CHECK: %[[AT:.*]] = arith.addi %{{.*}}, %c1{{.*}} : index
  // CHECK: memref.load %{{.*}}[%{{.*}}, %[[AT]], %{{.*}}]
  %s = vit.slice %x dim 1 [1, 2] : (tensor<3x4x6xf32>) -> tensor<3x2x6xf32>
  // Shapes without a common refinement.
  // CHECK: kernel.compute "reshape"
  // CHECK: arith.divui
  // CHECK: arith.remui
  %q = vit.reshape %s : (tensor<3x2x6xf32>) -> tensor<2x3x6xf32>
  %w = vit.slice %r dim 0 [0, 6] : (tensor<24x3xf32>) -> tensor<6x3xf32>
  %v = vit.slice %w dim 1 [0, 1] : (tensor<6x3xf32>) -> tensor<6x1xf32>
  // CHECK: kernel.compute "concat" inputs 2(
  // CHECK-NEXT: ^bb0(%[[A:.*]]: memref<6x3xf32, {{.*}}>, %[[B:.*]]: memref<6x1xf32, {{.*}}>, %[[C:.*]]: memref<6x4xf32>):
  // CHECK: memref.load %[[A]]
  // CHECK: memref.store %{{.*}}, %[[C]]
  // CHECK: memref.load %[[B]]
  // CHECK: memref.store %{{.*}}, %[[C]]
  %c = vit.concat %w, %v dim 1 : (tensor<6x3xf32>, tensor<6x1xf32>) -> tensor<6x4xf32>
  return %r, %c, %q : tensor<24x3xf32>, tensor<6x4xf32>, tensor<2x3x6xf32>
}

// -----

// A step has as many operands as the runtime takes: sixteen, the result among them.
// CHECK-LABEL: func.func @concat_of_many(
// CHECK-SAME: %[[X:[^:]*]]: memref<2xf32>, %[[Y:[^:]*]]: memref<34xf32>
func.func @concat_of_many(%x: tensor<2xf32>) -> tensor<34xf32> {
  // CHECK: kernel.compute "concat" inputs 15(
  // CHECK: memref.store %{{.*}}, %{{.*}}[%{{.*}}] : memref<34xf32>
  // CHECK: kernel.compute "concat" inputs 2(%[[X]], %[[X]], %[[Y]])
  // CHECK: %[[OFFSET:.*]] = arith.constant 30 : index
  // CHECK: arith.addi %{{.*}}, %[[OFFSET]] : index
  // CHECK-NOT: kernel.compute
  %y = vit.concat %x, %x, %x, %x, %x, %x, %x, %x, %x, %x, %x, %x, %x, %x, %x, %x, %x dim 0
    : (tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>,
       tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>,
       tensor<2xf32>) -> tensor<34xf32>
  return %y : tensor<34xf32>
}

// -----

// Products run along rows of the right operand where they can: weights are transposed at compile time.
// CHECK-DAG: #[[$LHS:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>
// CHECK-DAG: #[[$RHS:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d2, d3)>
// CHECK-DAG: #[[$MATRIX:.*]] = affine_map<(d0, d1, d2, d3) -> (d2, d3)>
// CHECK-DAG: #[[$RESULT:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d1, d3)>
// CHECK-LABEL: func.func @products(
func.func @products(%x: tensor<2x3x4xf32>, %y: tensor<2x4x5xf32>, %m: tensor<6x5xf32>) -> tensor<2x3x3xf32> {
  // CHECK: kernel.compute "matmul" inputs 2(%{{.*}}, %{{.*}}, %{{.*}}) flops 240 :
  // CHECK: linalg.generic {{.*}} outs
  // CHECK: linalg.generic {indexing_maps = [#[[$LHS]], #[[$RHS]], #[[$RESULT]]], iterator_types = ["parallel", "parallel", "reduction", "parallel"]}
  %a = vit.matmul %x, %y : (tensor<2x3x4xf32>, tensor<2x4x5xf32>) -> tensor<2x3x5xf32>
  %w = vit.weight "w" : tensor<6x5xf32>
  %b = vit.weight "b" : tensor<6xf32>
  // CHECK: %[[T:.*]] = vit.weight_transpose %{{.*}} [1, 0] : (tensor<6x5xf32>) -> tensor<5x6xf32>
  // CHECK: %[[P:.*]] = kernel.pack rows %[[T]] : tensor<5x6xf32> -> memref<5x6xf32>
  // CHECK: kernel.compute "linear" inputs 3(%{{.*}}, %[[P]], %{{.*}}) flops 360 :
  // CHECK: indexing_maps = [#[[$LHS]], #[[$MATRIX]], #[[$RESULT]]]
  %l = vit.linear %a, %w, %b : (tensor<2x3x5xf32>, tensor<6x5xf32>, tensor<6xf32>) -> tensor<2x3x6xf32>
  // CHECK: kernel.compute "linear" inputs 2(
  // CHECK-NOT: linalg.generic
  // CHECK: scf.for {{.*}} iter_args
  // CHECK: arith.mulf %{{.*}}, %{{.*}} fastmath<reassoc,contract>
  %n = vit.linear %a, %m : (tensor<2x3x5xf32>, tensor<6x5xf32>) -> tensor<2x3x6xf32>
  // CHECK: kernel.compute "matmul" inputs 2(
  // CHECK-NOT: linalg.generic
  // CHECK: scf.for {{.*}} iter_args
  %c = vit.matmul %l, %n {transpose_rhs} : (tensor<2x3x6xf32>, tensor<2x3x6xf32>) -> tensor<2x3x3xf32>
  // CHECK: return
  return %c : tensor<2x3x3xf32>
}

// -----

// Padding cuts the range of kernel positions, so that no position outside the input is read.
// CHECK-LABEL: func.func @conv2d(
func.func @conv2d(%x: tensor<8x8x4xf32>) -> tensor<4x4x6xf32> {
  %w = vit.weight "w" : tensor<6x2x3x3xf32>
  %b = vit.weight "b" : tensor<6xf32>
  // CHECK: %[[T:.*]] = vit.weight_transpose %{{.*}} [2, 3, 1, 0] : (tensor<6x2x3x3xf32>) -> tensor<3x3x2x6xf32>
  // CHECK: %[[P:.*]] = kernel.pack rows %[[T]]
  // CHECK: kernel.compute "conv2d" inputs 3(%{{.*}}, %[[P]], %{{.*}}, %{{.*}}) flops 3456 :
  // CHECK-NEXT: ^bb0(%[[X:.*]]: memref<8x8x4xf32>, %[[W:.*]]: memref<3x3x2x6xf32>, %{{.*}}: memref<6xf32>, %[[Y:.*]]: memref<4x4x6xf32>):
  // CHECK: linalg.generic
  // CHECK: scf.for %[[ROW:.*]] =
  // CHECK: scf.for %[[COLUMN:.*]] =
  // CHECK: arith.maxsi
  // CHECK: arith.minsi
  // CHECK: scf.for %[[I:.*]] =
  // CHECK: scf.for %[[J:.*]] =
  // CHECK: scf.for %[[C:.*]] =
  // CHECK: scf.for %[[O:.*]] =
  // CHECK: memref.load %[[X]]
  // CHECK: memref.load %[[W]][%[[I]], %[[J]], %[[C]], %[[O]]]
  // CHECK: memref.store %{{.*}}, %[[Y]][%[[ROW]], %[[COLUMN]], %[[O]]]
  %y = vit.conv2d %x, %w, %b {stride = array<i64: 2, 2>, padding = array<i64: 1, 1, 1, 1>, groups = 2 : i64} : (tensor<8x8x4xf32>, tensor<6x2x3x3xf32>, tensor<6xf32>) -> tensor<4x4x6xf32>
  return %y : tensor<4x4x6xf32>
}

// -----

// What is not computed in its place is copied: arguments, weights, results that are read or returned again.
// CHECK-LABEL: func.func @copies(
// CHECK-SAME: %[[X:[^:]*]]: memref<4xf32>, %[[A:[^:]*]]: memref<4xf32> {{.*}}, %[[B:[^:]*]]: memref<4xf32> {{.*}}, %[[C:[^:]*]]: memref<4xf32> {{.*}}, %[[D:[^:]*]]: memref<4xf32>
func.func @copies(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) {
  %w = vit.weight "w" : tensor<4xf32>
  // CHECK: kernel.compute "scale" inputs 1(%[[X]], %[[Y:.*]]) flops
  %y = vit.scale %x by 2.0 : (tensor<4xf32>) -> tensor<4xf32>
  // CHECK-DAG: kernel.compute "copy" inputs 1(%[[X]], %[[A]]) flops 0
  // CHECK-DAG: kernel.compute "copy" inputs 1(%[[Y]], %[[B]])
  // CHECK-DAG: kernel.compute "copy" inputs 1(%[[Y]], %[[C]])
  // CHECK-DAG: %[[W:.*]] = kernel.pack rows
  // CHECK-DAG: kernel.compute "copy" inputs 1(%[[W]], %[[D]])
  return %x, %y, %y, %w : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
}

// -----

// One token is copied, three are rotated pair by pair.
// CHECK-LABEL: func.func @rotary(
func.func @rotary(%x: tensor<2x4x6xf32>) -> tensor<2x4x6xf32> {
  // CHECK: %[[T:.*]] = kernel.pack rows %{{.*}} : tensor<2x3x3xf32> -> memref<2x3x3xf32>
  %t = vit.weight_sinusoids grid [3] origin [0.0] step [1.0] theta 100.0 : tensor<2x3x3xf32>
  // CHECK: kernel.compute "rotary" inputs 2(%{{.*}}, %[[T]], %{{.*}}) flops 144
  // CHECK: scf.for
  // CHECK: arith.mulf
  // CHECK: arith.subf
  %0 = vit.rotary %x by %t {interleaved} : (tensor<2x4x6xf32>, tensor<2x3x3xf32>) -> tensor<2x4x6xf32>
  return %0 : tensor<2x4x6xf32>
}
