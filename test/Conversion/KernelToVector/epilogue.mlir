// RUN: vitc-opt --kernel-set-target=cpu=x86-64-v3 --convert-kernel-to-vector --split-input-file %s | FileCheck %s
// RUN: vitc-opt --kernel-set-target=cpu=x86-64-v4 --convert-kernel-to-vector --split-input-file %s | FileCheck %s

// Bias is what sums start from; activation and residual are applied in registers. Rows with room for whole panels are
// stored without masks, through a view that counts the padding as columns.
func.func @padded(%x: memref<2x8xf32>, %r: memref<2x20xf32, strided<[32, 1]>>, %y: memref<2x20xf32, strided<[32, 1]>>) {
  %p = kernel.weight @weights::@p : memref<2x8x16xf32>
  %q = kernel.weight @weights::@q : memref<2x1x16xf32>
  kernel.linear %x, %p bias %q residual %r into %y activation relu schedule <rows <1 x 2 + 0 x 0> panels 2 tiles_per_task 1 k_block 256 k_unroll 4>
    : memref<2x8xf32>, memref<2x8x16xf32>, memref<2x1x16xf32>, memref<2x20xf32, strided<[32, 1]>>, memref<2x20xf32, strided<[32, 1]>>
  return
}
// CHECK-LABEL: func.func private @linear_2x8_2x20(
// CHECK-SAME: %{{[^:]*}}: index, %{{[^:]*}}: memref<2x8xf32>, %{{[^:]*}}: memref<2x8x16xf32>, %[[BIAS:[^:]*]]: memref<2x1x16xf32>, %[[R:[^:]*]]: memref<2x20xf32, {{[^:]*}}>, %[[Y:[^:]*]]: memref<2x20xf32,
// CHECK-DAG: %[[RV:.*]] = memref.reinterpret_cast %[[R]] to {{.*}} to memref<2x32xf32>
// CHECK-DAG: %[[YV:.*]] = memref.reinterpret_cast %[[Y]] to {{.*}} to memref<2x32xf32>
// CHECK: vector.load %[[BIAS]]
// CHECK: vector.fma
// CHECK-NOT: maskedstore
// CHECK: %[[NEGATIVE:.*]] = arith.cmpf ogt, %[[ZERO:.*]], %[[DOT:.*]] :
// CHECK: %[[A:.*]] = arith.select %[[NEGATIVE]], %[[ZERO]], %[[DOT]]
// CHECK: %[[OLD:.*]] = vector.load %[[RV]]
// CHECK: %[[SUM:.*]] = arith.addf %[[A]], %[[OLD]]
// CHECK: vector.store %[[SUM]], %[[YV]]
kernel.weights @weights {
  %w = vit.weight "w" : tensor<20x8xf32>
  kernel.pack @p panels<16 x f32 interleave 1> %w group 20 : tensor<20x8xf32> -> memref<2x8x16xf32>
  %b = vit.weight "b" : tensor<20x1xf32>
  kernel.pack @q panels<16 x f32 interleave 1> %b group 20 : tensor<20x1xf32> -> memref<2x1x16xf32>
}

// -----

// The caller's memory has no padding: the last columns are masked.
func.func @unpadded(%x: memref<2x8xf32>, %y: memref<2x20xf32>) {
  %p = kernel.weight @weights::@p : memref<2x8x16xf32>
  kernel.linear %x, %p into %y activation none schedule <rows <1 x 2 + 0 x 0> panels 2 tiles_per_task 1 k_block 256 k_unroll 4> : memref<2x8xf32>, memref<2x8x16xf32>, memref<2x20xf32>
  return
}
// CHECK-LABEL: func.func private @linear_2x8_2x20(
// CHECK-SAME: %[[Y:[^:]*]]: memref<2x20xf32>)
// CHECK: vector.fma
// CHECK: %[[MASK:.*]] = vector.create_mask
// CHECK: vector.maskedstore %[[Y]][%{{.*}}], %[[MASK]], %{{.*}}
kernel.weights @weights {
  %w = vit.weight "w" : tensor<20x8xf32>
  kernel.pack @p panels<16 x f32 interleave 1> %w group 20 : tensor<20x8xf32> -> memref<2x8x16xf32>
}

// -----

// A product by head stores panels into planes.
func.func @heads(%x: memref<2x8xf32>) {
  %p = kernel.weight @weights::@p : memref<6x8x16xf32>
  %y = kernel.buffer : memref<3x2x2x10xf32, strided<[64, 32, 16, 1]>>
  kernel.linear %x, %p into %y activation none schedule <rows <1 x 2 + 0 x 0> panels 1 tiles_per_task 1 k_block 256 k_unroll 4> : memref<2x8xf32>, memref<6x8x16xf32>, memref<3x2x2x10xf32, strided<[64, 32, 16, 1]>>
  return
}
// CHECK: kernel.launch "linear" @linear_2x8_3x2x2x10(%{{.*}}) tasks 6 flops
// CHECK-LABEL: func.func private @linear_2x8_3x2x2x10(
// CHECK: %[[PART:.*]] = arith.divui %[[HEAD:.*]], %c2
// CHECK: vector.store %{{.*}}, %{{.*}}[%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}] : memref<3x2x2x16xf32>
kernel.weights @weights {
  %w = vit.weight "w" : tensor<60x8xf32>
  kernel.pack @p panels<16 x f32 interleave 1> %w group 10 : tensor<60x8xf32> -> memref<6x8x16xf32>
}
