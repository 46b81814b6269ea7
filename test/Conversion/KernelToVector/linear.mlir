// RUN: vitc-opt --split-input-file --kernel-set-target=cpu=x86-64-v2 --convert-kernel-to-vector %s | FileCheck %s --check-prefixes=CHECK,SSE -D'$VECTOR=vector<4xf32>'
// RUN: vitc-opt --split-input-file --kernel-set-target=cpu=x86-64-v3 --convert-kernel-to-vector %s | FileCheck %s --check-prefixes=CHECK,FMA -D'$VECTOR=vector<8xf32>'
// RUN: vitc-opt --split-input-file --kernel-set-target=cpu=x86-64-v4 --convert-kernel-to-vector %s | FileCheck %s --check-prefixes=CHECK,FMA -D'$VECTOR=vector<16xf32>'

// Steps of equal structure share a function, others have one each; every task of a step is one call.
// CHECK-LABEL: func.func @layers(
// CHECK-SAME: %[[X:[^:]*]]: memref<4x16xf32>, %[[Y:[^:]*]]: memref<4x16xf32>)
func.func @layers(%x: memref<4x16xf32>, %y: memref<4x16xf32>) {
  // CHECK: %[[P:.*]] = kernel.weight @weights::@p
  %p = kernel.weight @weights::@p : memref<1x16x16xf32>
  // CHECK: %[[Q:.*]] = kernel.weight @weights::@q
  %q = kernel.weight @weights::@q : memref<1x16x16xf32>
  // CHECK: %[[A:.*]] = kernel.buffer
  %a = kernel.buffer : memref<4x16xf32>
  // CHECK: kernel.launch "linear" @[[F:.*]](%[[X]], %[[P]], %[[A]]) tasks 2 flops 2048 :
  kernel.linear %x, %p into %a activation none schedule <rows <2 x 2 + 0 x 0> panels 1 tiles_per_task 1 k_block 256 k_unroll 4> : memref<4x16xf32>, memref<1x16x16xf32>, memref<4x16xf32>
  // CHECK: kernel.launch "linear" @[[F]](%[[A]], %[[Q]], %[[Y]]) tasks 2
  kernel.linear %a, %q into %y activation none schedule <rows <2 x 2 + 0 x 0> panels 1 tiles_per_task 1 k_block 256 k_unroll 4> : memref<4x16xf32>, memref<1x16x16xf32>, memref<4x16xf32>
  // An attribute differs, then the number of tasks with it.
  // CHECK-NOT: @[[F]](
  // CHECK: kernel.launch "linear" @[[G:.*]](%[[A]], %[[Q]], %[[Y]]) tasks 1
  kernel.linear %a, %q into %y activation relu schedule <rows <2 x 2 + 0 x 0> panels 1 tiles_per_task 2 k_block 256 k_unroll 4> : memref<4x16xf32>, memref<1x16x16xf32>, memref<4x16xf32>
  // CHECK: return
  return
}

// Two rows in registers, all of k in order, the next panels prefetched, then one store for each vector.
// CHECK: func.func private @linear_4x16_4x16(%[[TASK:[^:]*]]: index, %[[IN:[^:]*]]: memref<4x16xf32>, %[[W:[^:]*]]: memref<1x16x16xf32>, %[[OUT:[^:]*]]: memref<4x16xf32>)
// CHECK: scf.for %[[TILE:.*]] =
// CHECK: scf.for %[[K:.*]] = {{.*}} iter_args
// CHECK: memref.prefetch %[[W]][%{{.*}}, %[[K]], %{{.*}}], read
// CHECK: vector.load %[[W]][%{{.*}}, %[[K]], %{{.*}}] : memref<1x16x16xf32>, [[$VECTOR]]
// CHECK: %[[E:.*]] = memref.load %[[IN]][%{{.*}}, %[[K]]]
// CHECK: %[[B:.*]] = vector.broadcast %[[E]] : f32 to [[$VECTOR]]
// FMA: vector.fma %[[B]], %{{.*}}, %{{.*}} : [[$VECTOR]]
// SSE-NOT: vector.fma
// SSE: %[[M:.*]] = arith.mulf %[[B]], %{{.*}} : [[$VECTOR]]
// SSE: arith.addf %[[M]], %{{.*}} : [[$VECTOR]]
// CHECK: scf.yield
// CHECK: vector.store %{{.*}}, %[[OUT]][%{{.*}}] : memref<4x16xf32>, [[$VECTOR]]
// CHECK: func.func private @linear_4x16_4x16_1(
kernel.weights @weights {
  %w = vit.weight "w" : tensor<16x16xf32>
  kernel.pack @p panels<16 x f32 interleave 1> %w group 16 : tensor<16x16xf32> -> memref<1x16x16xf32>
  %v = vit.weight "v" : tensor<16x16xf32>
  kernel.pack @q panels<16 x f32 interleave 1> %v group 16 : tensor<16x16xf32> -> memref<1x16x16xf32>
}

// -----

// Deeper than a block: every block is summed from zero and then added to the totals; 10 = 4 + 4 and the rest.
// CHECK-LABEL: func.func private @linear_1x10_1x16(
// CHECK-SAME: memref<1x10xf32>, %[[W:[^:]*]]: memref<1x10x16xf32>,
// CHECK: %[[BLOCKS:[0-9]+]]{{(:[0-9]+)?}} = scf.for %[[START:.*]] = %c0{{.*}} to %c8{{.*}} step %c4{{.*}} iter_args(%[[TOTAL:[a-z0-9_]+]] =
// CHECK: %[[PART:[0-9]+]]{{(:[0-9]+)?}} = scf.for %{{.*}} = %c0{{.*}} to %c4{{.*}} step %c2{{.*}} iter_args
// CHECK: arith.addi %[[START]],
// CHECK: vector.load %[[W]]
// CHECK: arith.addf %[[TOTAL]], %[[PART]]
// CHECK: scf.yield
// CHECK: scf.for %{{.*}} = %c0{{.*}} to %c2{{.*}} step %c2{{.*}} iter_args
// CHECK: arith.addf %[[BLOCKS]]
// CHECK: vector.store
func.func @deep(%x: memref<1x10xf32>, %y: memref<1x16xf32>) {
  %p = kernel.weight @weights::@p : memref<1x10x16xf32>
  kernel.linear %x, %p into %y activation none schedule <rows <1 x 1 + 0 x 0> panels 1 tiles_per_task 1 k_block 4 k_unroll 2> : memref<1x10xf32>, memref<1x10x16xf32>, memref<1x16xf32>
  return
}
kernel.weights @weights {
  %w = vit.weight "w" : tensor<16x10xf32>
  kernel.pack @p panels<16 x f32 interleave 1> %w group 16 : tensor<16x10xf32> -> memref<1x10x16xf32>
}

// -----

// A bias that is a row of the output has no room for its last panel.
// CHECK-LABEL: func.func private @linear_1x4_1x20(
// CHECK-SAME: %[[BIAS:[^:]*]]: memref<20xf32>,
// CHECK: %[[REST:.*]] = arith.subi %{{.*}}, %{{.*}}
// CHECK: %[[VALID:.*]] = arith.maxsi %[[REST]], %{{.*}}
// CHECK: %[[MASK:.*]] = vector.create_mask %[[VALID]]
// CHECK: vector.maskedload %[[BIAS]][%{{.*}}], %[[MASK]]
// CHECK: scf.for
func.func @bias_row(%x: memref<1x4xf32>, %b: memref<20xf32>, %y: memref<1x20xf32>) {
  %p = kernel.weight @weights::@p : memref<2x4x16xf32>
  kernel.linear %x, %p bias %b into %y activation none schedule <rows <1 x 1 + 0 x 0> panels 1 tiles_per_task 1 k_block 4 k_unroll 2> : memref<1x4xf32>, memref<2x4x16xf32>, memref<20xf32>, memref<1x20xf32>
  return
}
kernel.weights @weights {
  %w = vit.weight "w" : tensor<20x4xf32>
  kernel.pack @p panels<16 x f32 interleave 1> %w group 20 : tensor<20x4xf32> -> memref<2x4x16xf32>
}
