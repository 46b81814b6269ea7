// RUN: vitc-opt --kernel-set-target=cpu=x86-64-v3 --convert-kernel-to-vector %s | FileCheck %s -D'$VECTOR=vector<8xf32>'
// RUN: vitc-opt --kernel-set-target=cpu=x86-64-v4 --convert-kernel-to-vector %s | FileCheck %s -D'$VECTOR=vector<16xf32>'

// CHECK-LABEL: func.func @steps(
func.func @steps(%image: memref<3x8x16xf32>, %y: memref<5x36xf32, strided<[48, 1]>>, %z: memref<5x36xf32, strided<[48, 1]>>) {
  %p = kernel.weight @weights::@p : memref<3x96x16xf32>
  %addend = kernel.weight @weights::@addend : memref<5x48xf32>
  // Two tiles of panels, two rows of the grid.
  // CHECK: kernel.launch "patch_embedding" @patch_embedding_3x8x16_5x36(%{{.*}}) tasks 4 flops
  kernel.patch_embedding %image, %p, %addend into %y patch [4, 8] schedule <rows <1 x 2 + 0 x 0> panels 2>
    : memref<3x8x16xf32>, memref<3x96x16xf32>, memref<5x48xf32>, memref<5x36xf32, strided<[48, 1]>>
  // CHECK: kernel.launch "layer_norm" @layer_norm_5x36_5x36(%{{.*}}) tasks 3 flops 1440
  kernel.layer_norm %y into %z epsilon 0.5 rows_per_task 2 : memref<5x36xf32, strided<[48, 1]>>, memref<5x36xf32, strided<[48, 1]>>
  // Steps that differ in their operands only share a function.
  // CHECK: kernel.launch "copy" @[[$COPY:.*]](%{{.*}}) tasks 1 flops 0
  kernel.map "copy" (%y) into %z shape [5, 36] tile [5, 36] accesses [#kernel.access<0 + [48, 1]>, #kernel.access<0 + [48, 1]>]
    : memref<5x36xf32, strided<[48, 1]>>, memref<5x36xf32, strided<[48, 1]>> {
  ^bb0(%a0: f32):
    kernel.yield %a0 : f32
  }
  // CHECK: kernel.launch "copy" @[[$COPY]](
  kernel.map "copy" (%z) into %y shape [5, 36] tile [5, 36] accesses [#kernel.access<0 + [48, 1]>, #kernel.access<0 + [48, 1]>]
    : memref<5x36xf32, strided<[48, 1]>>, memref<5x36xf32, strided<[48, 1]>> {
  ^bb0(%a0: f32):
    kernel.yield %a0 : f32
  }
  return
}

// The prefix row is copied by the first row of the grid; sums start from the addend.
// CHECK-LABEL: func.func private @patch_embedding_3x8x16_5x36(
// CHECK-SAME: %{{[^:]*}}: index, %[[IMAGE:[^:]*]]: memref<3x8x16xf32>, %[[W:[^:]*]]: memref<3x96x16xf32>, %[[ADDEND:[^:]*]]: memref<5x48xf32>
// CHECK: scf.if
// CHECK: vector.load %[[ADDEND]]{{.*}}, [[$VECTOR]]
// CHECK: vector.store
// CHECK: vector.load %[[ADDEND]]
// CHECK: vector.load %[[W]]{{.*}}, [[$VECTOR]]
// CHECK: memref.load %[[IMAGE]]
// CHECK: vector.fma

// Four columns are left over; they alone are masked.
// CHECK-LABEL: func.func private @layer_norm_5x36_5x36(
// CHECK: vector.load
// CHECK: vector.maskedload
// CHECK: math.sqrt
// CHECK: vector.store
// CHECK: vector.maskedstore
kernel.weights @weights {
  %w = vit.weight "w" : tensor<36x96xf32>
  kernel.pack @p panels<16 x f32 interleave 1> %w group 36 : tensor<36x96xf32> -> memref<3x96x16xf32>
  %a = vit.weight "a" : tensor<5x36xf32>
  kernel.pack @addend rows %a : tensor<5x36xf32> -> memref<5x48xf32>
}

// A number that is none of an element is not followed: the first element is read instead.
// CHECK-LABEL: func.func private @gather_
// CHECK: %[[NUMBER:.*]] = memref.load {{.*}} : memref<3xi32>
// CHECK: %[[INDEX:.*]] = arith.index_cast %[[NUMBER]] : i32 to index
// CHECK: %[[NEGATIVE:.*]] = arith.cmpi slt, %[[INDEX]]
// CHECK: arith.select %[[NEGATIVE]]
// CHECK: %[[RIGHT:.*]] = arith.cmpi ult
// CHECK: arith.select %[[RIGHT]]
// CHECK: vector.load
// CHECK-NEXT: vector.store
func.func @gather(%x: memref<6x16xf32>, %i: memref<3xi32>, %y: memref<3x16xf32>) {
  kernel.gather %x by %i dim 0 into %y rows_per_task 2 : memref<6x16xf32>, memref<3xi32>, memref<3x16xf32>
  return
}

// The first wrong one is the last that is seen from behind.
// CHECK-LABEL: func.func private @check_indices_3_2(
// CHECK: scf.for %[[I:.*]] = {{.*}} iter_args(%[[PLACE:.*]] = %{{.*}}, %[[NUMBER:.*]] = %{{.*}})
// CHECK: %[[AT:.*]] = arith.subi %{{.*}}, %[[I]]
// CHECK: memref.load %{{.*}}[%[[AT]]]
// CHECK: %[[RIGHT:.*]] = arith.cmpi ult
// CHECK: arith.select %[[RIGHT]], %[[PLACE]], %[[AT]]
// CHECK: arith.select %[[RIGHT]], %[[NUMBER]]
// CHECK-COUNT-2: memref.store %{{.*}} : memref<2xi64>
func.func @check_indices(%i: memref<3xi32>) {
  %found = kernel.buffer : memref<2xi64>
  kernel.check_indices %i into %found check <6, [1, 3], "ids"> : memref<3xi32>, memref<2xi64>
  return
}
