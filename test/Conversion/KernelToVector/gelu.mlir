// RUN: vitc-opt --kernel-set-target=cpu=x86-64-v3 --convert-kernel-to-vector %s | FileCheck %s --check-prefixes=CHECK,POLYNOMIAL
// RUN: vitc-opt --kernel-set-target=cpu=x86-64-v4 --convert-kernel-to-vector %s | FileCheck %s --check-prefixes=CHECK,TABLE

// The sums of a tile go to the output first; a loop over its rows applies the function there, to four vectors side by
// side, then adds the residual.
// Where a table fits into two registers, five look-ups for each vector replace most of the polynomial.
// CHECK-LABEL: func.func private @linear_6x8_6x32(
// CHECK-SAME: %[[R:[^:]*]]: memref<6x32xf32>, %[[Y:[^:]*]]: memref<6x32xf32>)
// CHECK: scf.for %{{.*}} iter_args
// CHECK: vector.fma
// CHECK: vector.store %{{.*}}, %[[Y]]
// CHECK: scf.for %[[ROW:.*]] = %{{.*}} to %{{.*}} step %c{{[12]}}
// CHECK: %[[TILE_ROW:.*]] = arith.addi %{{.*}}, %[[ROW]]
// CHECK: vector.load %[[Y]][%[[TILE_ROW]],
// POLYNOMIAL: vector.shuffle {{.*}} : vector<16xf32>, vector<16xf32>
// TABLE: math.absf
// TABLE-COUNT-20: llvm.call_intrinsic "llvm.x86.avx512.vpermi2var.ps.512"
// TABLE: vector.fma
// POLYNOMIAL-NOT: llvm.call_intrinsic
// POLYNOMIAL-COUNT-15: vector.fma {{.*}} : vector<32xf32>
// CHECK: vector.load %[[R]][%[[TILE_ROW]],
// CHECK: arith.addf
// CHECK: vector.store %{{.*}}, %[[Y]][%[[TILE_ROW]],
func.func @gelu(%x: memref<6x8xf32>, %r: memref<6x32xf32>, %y: memref<6x32xf32>) {
  %p = kernel.weight @weights::@p : memref<2x8x16xf32>
  kernel.linear %x, %p residual %r into %y activation gelu schedule <rows <1 x 6 + 0 x 0> panels 2 tiles_per_task 1 k_block 8 k_unroll 1>
    : memref<6x8xf32>, memref<2x8x16xf32>, memref<6x32xf32>, memref<6x32xf32>
  return
}
kernel.weights @weights {
  %w = vit.weight "w" : tensor<32x8xf32>
  kernel.pack @p panels<16 x f32 interleave 1> %w group 32 : tensor<32x8xf32> -> memref<2x8x16xf32>
}
