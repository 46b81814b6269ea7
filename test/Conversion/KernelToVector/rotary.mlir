// RUN: vitc-opt --kernel-set-target=cpu=x86-64-v3 --convert-kernel-to-vector --split-input-file %s | FileCheck %s -D'$VECTOR=vector<8xf32>'
// RUN: vitc-opt --kernel-set-target=cpu=x86-64-v4 --convert-kernel-to-vector --split-input-file %s | FileCheck %s -D'$VECTOR=vector<16xf32>'

// A task is one head of one part. The first token is copied. Halves of 20 features fill vectors and a part of one.
// CHECK-LABEL: func.func @halves(
func.func @halves(%x: memref<2x3x5x40xf32, strided<[720, 240, 48, 1]>>, %y: memref<2x3x5x40xf32, strided<[720, 240, 48, 1]>>) {
  %table = kernel.weight @weights::@table : memref<2x4x20xf32>
  // CHECK: kernel.launch "rotary" @[[$F:.*]](%{{.*}}) tasks 6 flops 2880
  kernel.rotary %x by %table into %y : memref<2x3x5x40xf32, strided<[720, 240, 48, 1]>>, memref<2x4x20xf32>, memref<2x3x5x40xf32, strided<[720, 240, 48, 1]>>
  return
}
// CHECK: func.func private @[[$F]](
// CHECK: vector.load %{{.*}}, [[$VECTOR]]
// CHECK-NEXT: vector.store
// CHECK: vector.load
// CHECK: arith.subf
// CHECK: vector.fma
// CHECK: vector.maskedload
// CHECK: vector.maskedstore
kernel.weights @weights {
  %t = vit.weight "t" : tensor<2x4x20xf32>
  kernel.pack @table rows %t : tensor<2x4x20xf32> -> memref<2x4x20xf32>
}

// -----

// Neighbours change places; rows have room for whole vectors.
// CHECK-LABEL: func.func @interleaved(
func.func @interleaved(%x: memref<1x2x4x12xf32, strided<[128, 64, 16, 1]>>, %y: memref<1x2x4x12xf32, strided<[128, 64, 16, 1]>>) {
  %table = kernel.weight @weights::@table : memref<2x4x16xf32>
  // CHECK: kernel.launch "rotary" @[[$F:.*]](%{{.*}}) tasks 2 flops
  kernel.rotary %x by %table interleaved into %y : memref<1x2x4x12xf32, strided<[128, 64, 16, 1]>>, memref<2x4x16xf32>, memref<1x2x4x12xf32, strided<[128, 64, 16, 1]>>
  return
}
// CHECK: func.func private @[[$F]](
// CHECK-NOT: masked
// CHECK: vector.shuffle %{{.*}}, %{{.*}} [1, 0, 3, 2, {{.*}}] : [[$VECTOR]], [[$VECTOR]]
// CHECK: vector.fma
kernel.weights @weights {
  %t = vit.weight "t" : tensor<2x4x12xf32>
  kernel.pack @table rows %t : tensor<2x4x12xf32> -> memref<2x4x16xf32>
}
