// RUN: vitc-opt --split-input-file --convert-kernel-to-vector --verify-diagnostics %s | FileCheck %s

#bf16 = #kernel.target<"znver4", "+avx,+avx2,+avx512bf16,+avx512bw,+avx512dq,+avx512f,+avx512vl,+bmi,+bmi2,+fma,+sse3,+sse4.1,+sse4.2,+ssse3">

// CHECK-LABEL: func.func @steps(
func.func @steps(%x: memref<2x30xf32>, %q: memref<2x15xi32, strided<[16, 1]>>, %w: memref<1x15x16x2xbf16>, %y: memref<2x16xf32>) attributes {kernel.target = #bf16} {
  // CHECK: kernel.launch "round" @[[$ROUND:.*]](
  kernel.round %x into %q rows_per_task 16 : memref<2x30xf32>, memref<2x15xi32, strided<[16, 1]>>
  // CHECK: kernel.launch "linear_bf16" @[[$WORDS:.*]](
  kernel.linear %q, %w into %y activation none schedule <rows <1 x 2 + 0 x 0> panels 1 tiles_per_task 1 k_block 15 k_unroll 1> : memref<2x15xi32, strided<[16, 1]>>, memref<1x15x16x2xbf16>, memref<2x16xf32>
  // CHECK: kernel.launch "linear_bf16" @[[$EXPANDED:.*]](
  kernel.linear %x, %w into %y activation none schedule <rows <1 x 2 + 0 x 0> panels 1 tiles_per_task 1 k_block 15 k_unroll 1> : memref<2x30xf32>, memref<1x15x16x2xbf16>, memref<2x16xf32>
  return
}

// Sixteen numbers become eight words; the last fourteen are padded with zeros.
// CHECK: func.func private @[[$ROUND]](%{{.*}}: index, %[[X:.*]]: memref<2x30xf32>, %{{.*}}: memref<2x15xi32, strided<[16, 1]>>)
// CHECK: %[[V:.*]] = vector.load %[[X]]
// CHECK: %[[B:.*]] = arith.truncf %[[V]] : vector<16xf32> to vector<16xbf16>
// CHECK: %[[W:.*]] = vector.bitcast %[[B]] : vector<16xbf16> to vector<8xi32>
// CHECK: vector.store %[[W]], %{{.*}} : memref<2x16xi32>, vector<8xi32>
// CHECK: vector.maskedload

// One instruction for sixteen pairs and a broadcast one.
// CHECK: func.func private @[[$WORDS]](%{{.*}}: index, %[[X:.*]]: memref<2x15xi32, strided<[16, 1]>>, %[[W:.*]]: memref<1x15x16x2xbf16>
// CHECK: scf.for
// CHECK: vector.load %[[W]][%{{.*}}] : memref<1x15x16x2xbf16>, vector<32xbf16>
// CHECK: memref.load {{.*}} : memref<2x16xi32>
// CHECK: vector.broadcast %{{.*}} : i32 to vector<16xi32>
// CHECK: llvm.call_intrinsic "llvm.x86.avx512bf16.dpbf16ps.512"(%{{.*}}) : (vector<16xf32>, vector<32xbf16>, vector<32xbf16>) -> vector<16xf32>
// CHECK: scf.yield

// The lower halves, then the upper ones, each a product of f32.
// CHECK: func.func private @[[$EXPANDED]](
// CHECK: vector.load %{{.*}} : memref<1x15x16x2xbf16>, vector<32xbf16>
// CHECK: %[[LOW:.*]] = arith.shli
// CHECK: arith.bitcast %[[LOW]] : vector<16xi32> to vector<16xf32>
// CHECK: vector.fma
// CHECK: %[[HIGH:.*]] = arith.andi
// CHECK: arith.bitcast %[[HIGH]] : vector<16xi32> to vector<16xf32>
// CHECK: vector.fma
// CHECK-NOT: llvm.call_intrinsic

// -----

#bf16 = #kernel.target<"znver4", "+avx,+avx2,+avx512bf16,+avx512bw,+avx512dq,+avx512f,+avx512vl,+bmi,+bmi2,+fma,+sse3,+sse4.1,+sse4.2,+ssse3">

// Queries are rounded once for a tile, exponentials where they are made.
// CHECK: func.func private @pack_keys_
// CHECK: arith.truncf %{{.*}} : vector<32xf32> to vector<32xbf16>
// CHECK: vector.store %{{.*}} : memref<2x2x12x16x2xbf16>, vector<32xbf16>
// CHECK: func.func private @pack_values_
// CHECK: arith.truncf %{{.*}} : vector<16xf32> to vector<16xbf16>
// CHECK: vector.store %{{.*}} : memref<2x2x11x16x2xbf16>, vector<32xbf16>
// CHECK: func.func private @attention_bf16_
// CHECK: arith.truncf %{{.*}} : vector<16xf32> to vector<16xbf16>
// CHECK: llvm.call_intrinsic "llvm.x86.avx512bf16.dpbf16ps.512"
// CHECK: arith.truncf %{{.*}} : vector<16xf32> to vector<16xbf16>
// CHECK: llvm.call_intrinsic "llvm.x86.avx512bf16.dpbf16ps.512"
func.func @attention(%p: memref<3x2x21x24xf32, strided<[1344, 672, 32, 1]>>, %y: memref<21x48xf32>) attributes {kernel.target = #bf16} {
  %keys = kernel.buffer : memref<2x2x12x16x2xbf16>
  %values = kernel.buffer : memref<2x2x11x16x2xbf16>
  kernel.pack_keys %p[1] into %keys : memref<3x2x21x24xf32, strided<[1344, 672, 32, 1]>>, memref<2x2x12x16x2xbf16>
  kernel.pack_values %p[2] into %values : memref<3x2x21x24xf32, strided<[1344, 672, 32, 1]>>, memref<2x2x11x16x2xbf16>
  %s = kernel.scratch : memref<11x32xf32>
  kernel.attention %p[0], %keys, %values[0] into %y scratch %s head_dim 24 keys 21 scale 0.25 precision<bf16> schedule <rows <1 x 11 + 1 x 10> panels 2 tiles_per_task 1> : memref<3x2x21x24xf32, strided<[1344, 672, 32, 1]>>, memref<2x2x12x16x2xbf16>, memref<2x2x11x16x2xbf16>, memref<21x48xf32>, memref<11x32xf32>
  return
}

// -----

#other = #kernel.target<"x86-64-v4", "+avx,+avx2,+avx512bw,+avx512dq,+avx512f,+avx512vl,+bmi,+bmi2,+fma,+sse3,+sse4.1,+sse4.2,+ssse3">

func.func @no_instruction(%x: memref<2x30xf32>, %q: memref<2x15xi32, strided<[16, 1]>>) attributes {kernel.target = #other} {
  // expected-error @+1 {{is for products of bf16, for which x86-64-v4 has no instruction}}
  kernel.round %x into %q rows_per_task 16 : memref<2x30xf32>, memref<2x15xi32, strided<[16, 1]>>
  return
}
