// RUN: vitc-opt --kernel-set-target=cpu=x86-64-v3 --convert-kernel-to-vector --canonicalize %s | FileCheck %s

// Elements as another type: booleans and ui8 are bytes for code.

#line = #kernel.access<0 + [1]>

// CHECK-LABEL: func.func @steps(
func.func @steps(%f: memref<16xf32>, %i: memref<16xi64>, %u: memref<16xui8>, %b: memref<16xi1>) {
  // CHECK: kernel.launch "to_i64" @[[$TO_I64:.*]](%{{.*}}) tasks 1 flops 16 : memref<16xf32>, memref<16xi64>
  kernel.map "to_i64" (%f) into %i shape [16] tile [16] accesses [#line, #line] : memref<16xf32>, memref<16xi64> {
  ^bb0(%x: f32):
    %y = kernel.cast %x : f32 to i64
    kernel.yield %y : i64
  }
  // CHECK: kernel.launch "to_u8" @[[$TO_U8:.*]](%{{.*}}) tasks 1 flops 16 : memref<16xf32>, memref<16xui8>
  kernel.map "to_u8" (%f) into %u shape [16] tile [16] accesses [#line, #line] : memref<16xf32>, memref<16xui8> {
  ^bb0(%x: f32):
    %y = kernel.cast %x : f32 to ui8
    kernel.yield %y : ui8
  }
  // CHECK: kernel.launch "to_bool" @[[$TO_BOOL:.*]](%{{.*}}) tasks 1 flops 16 : memref<16xi64>, memref<16xi1>
  kernel.map "to_bool" (%i) into %b shape [16] tile [16] accesses [#line, #line] : memref<16xi64>, memref<16xi1> {
  ^bb0(%x: i64):
    %y = kernel.cast %x : i64 to i1
    kernel.yield %y : i1
  }
  // CHECK: kernel.launch "of_bool" @[[$OF_BOOL:.*]](%{{.*}}) tasks 1 flops 16 : memref<16xi1>, memref<16xf32>
  kernel.map "of_bool" (%b) into %f shape [16] tile [16] accesses [#line, #line] : memref<16xi1>, memref<16xf32> {
  ^bb0(%x: i1):
    %y = kernel.cast %x : i1 to f32
    kernel.yield %y : f32
  }
  // CHECK: kernel.launch "of_u8" @[[$OF_U8:.*]](%{{.*}}) tasks 1 flops 16 : memref<16xui8>, memref<16xi64>
  kernel.map "of_u8" (%u) into %i shape [16] tile [16] accesses [#line, #line] : memref<16xui8>, memref<16xi64> {
  ^bb0(%x: ui8):
    %y = kernel.cast %x : ui8 to i64
    kernel.yield %y : i64
  }
  return
}

// What no i64 holds is not converted: the ends of its range and 0 are chosen.
// CHECK: func.func private @[[$TO_I64]](%{{.*}}: index, %{{.*}}: memref<16xf32>, %{{.*}}: memref<16xi64>)
// CHECK-DAG: %[[MOST:.*]] = arith.constant dense<9223372036854775807> : vector<8xi64>
// CHECK-DAG: %[[END:.*]] = arith.constant dense<9.22337203E+18> : vector<8xf32>
// CHECK-DAG: %[[NONE:.*]] = arith.constant dense<0> : vector<8xi64>
// CHECK: %[[X:.*]] = vector.load
// CHECK: %[[INSIDE:.*]] = arith.cmpf olt, %{{.*}}, %[[END]] : vector<8xf32>
// CHECK: %[[SAFE:.*]] = arith.select %[[INSIDE]]
// CHECK: %[[WHOLE:.*]] = arith.fptosi %[[SAFE]] : vector<8xf32> to vector<8xi64>
// CHECK: %[[BOUND:.*]] = arith.select %[[INSIDE]], %[[WHOLE]], %[[MOST]] : vector<8xi1>, vector<8xi64>
// CHECK: %[[NUMBER:.*]] = arith.cmpf ord, %[[X]], %[[X]] : vector<8xf32>
// CHECK: arith.select %[[NUMBER]], %[[BOUND]], %[[NONE]]

// CHECK: func.func private @[[$TO_U8]](%{{.*}}: index, %{{.*}}: memref<16xf32>, %{{.*}}: memref<16xi8>)
// CHECK: arith.fptosi %{{.*}} : vector<8xf32> to vector<8xi32>
// CHECK: arith.trunci %{{.*}} : vector<8xi32> to vector<8xi8>

// CHECK: func.func private @[[$TO_BOOL]](%{{.*}}: index, %{{.*}}: memref<16xi64>, %{{.*}}: memref<16xi8>)
// CHECK: arith.cmpi ne, %{{.*}} : vector<8xi64>
// CHECK: arith.extui %{{.*}} : vector<8xi1> to vector<8xi8>

// CHECK: func.func private @[[$OF_BOOL]](%{{.*}}: index, %{{.*}}: memref<16xi8>, %{{.*}}: memref<16xf32>)
// CHECK: arith.cmpi ne, %{{.*}} : vector<8xi8>
// CHECK: arith.uitofp %{{.*}} : vector<8xi8> to vector<8xf32>

// CHECK: func.func private @[[$OF_U8]](%{{.*}}: index, %{{.*}}: memref<16xi8>, %{{.*}}: memref<16xi64>)
// CHECK: arith.extui %{{.*}} : vector<8xi8> to vector<8xi64>
