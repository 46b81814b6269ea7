// RUN: vitc-opt --kernel-set-target=cpu=x86-64-v3 --convert-kernel-to-vector --canonicalize %s | FileCheck %s

// CHECK-LABEL: func.func @steps(
func.func @steps(%x: memref<5x36xf32, strided<[48, 1]>>, %c: memref<5x1xf32>, %y: memref<5x36xf32>, %t: memref<36x5xf32>, %n: memref<5xf32>) {
  // CHECK: kernel.launch "add" @[[$ADD:.*]](%{{.*}}) tasks 3 flops 360
  kernel.map "add" (%x, %c) into %y shape [5, 36] tile [2, 36]
    accesses [#kernel.access<0 + [48, 1]>, #kernel.access<0 + [1, 0]>, #kernel.access<0 + [36, 1]>]
    : memref<5x36xf32, strided<[48, 1]>>, memref<5x1xf32>, memref<5x36xf32> {
  ^bb0(%a: f32, %b: f32):
    %sum = arith.addf %a, %b : f32
    %size = math.absf %sum : f32
    kernel.yield %size : f32
  }
  // CHECK: kernel.launch "transpose" @[[$TRANSPOSE:.*]](%{{.*}}) tasks 1 flops 0
  kernel.map "transpose" (%y) into %t shape [36, 5] tile [36, 5] accesses [#kernel.access<0 + [1, 36]>, #kernel.access<0 + [5, 1]>]
    : memref<5x36xf32>, memref<36x5xf32> {
  ^bb0(%a: f32):
    kernel.yield %a : f32
  }
  // CHECK: kernel.launch "exponential" @[[$EXP:.*]](%{{.*}}) tasks 1 flops 10
  kernel.map "exponential" (%y) into %n shape [5] tile [5] accesses [#kernel.access<7 + [36]>, #kernel.access<0 + [1]>]
    : memref<5x36xf32>, memref<5xf32> {
  ^bb0(%a: f32):
    %power = math.exp %a : f32
    %tanh = kernel.activation tanh %power
    kernel.yield %tanh : f32
  }
  return
}

// A task is two rows, the last one one. What is repeated is loaded before the loop; the four elements that are left over alone are masked.
// CHECK: func.func private @[[$ADD]](
// CHECK: %[[FIRST:.*]] = arith.muli %{{.*}}, %c2 : index
// CHECK: scf.for %{{.*}} = %[[FIRST]]
// CHECK: %[[C:.*]] = memref.load
// CHECK: %[[CS:.*]] = vector.broadcast %[[C]] : f32 to vector<8xf32>
// CHECK: vector.load {{.*}} vector<8xf32>
// CHECK: %[[SUM:.*]] = arith.addf %{{.*}}, %[[CS]] : vector<8xf32>
// CHECK: math.absf %[[SUM]] : vector<8xf32>
// CHECK: vector.store
// CHECK: vector.maskedload
// CHECK: vector.maskedstore

// Squares of eight rows, of which five are there.
// CHECK: func.func private @[[$TRANSPOSE]](
// CHECK-COUNT-5: vector.load
// CHECK-COUNT-24: vector.shuffle
// CHECK-COUNT-8: vector.maskedstore
// CHECK-COUNT-5: vector.maskedload

// Element by element; no function is a call.
// CHECK: func.func private @[[$EXP]](
// CHECK-NOT: math.exp
// CHECK: memref.load
// CHECK: vector.fma
// CHECK: vector.extract
// CHECK: memref.store
