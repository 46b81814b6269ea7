// RUN: vitc-opt --kernel-round-operands %s | FileCheck %s

#bf16 = #kernel.target<"znver4", "+avx,+avx2,+avx512bf16,+avx512bw,+avx512dq,+avx512f,+avx512vl,+bmi,+bmi2,+fma,+sse3,+sse4.1,+sse4.2,+ssse3">
#other = #kernel.target<"x86-64-v4", "+avx,+avx2,+avx512bw,+avx512dq,+avx512f,+avx512vl,+bmi,+bmi2,+fma,+sse3,+sse4.1,+sse4.2,+ssse3">

// What is multiplied by weights of bf16 is rounded once for all that read it, until it is written again.
// CHECK-LABEL: func.func @linear(
// CHECK-SAME: %[[X:[^:]*]]: memref<5x30xf32>, %[[Y:[^:]*]]: memref<5x20xf32>, %[[Z:[^:]*]]: memref<5x20xf32>,
func.func @linear(%x: memref<5x30xf32>, %y: memref<5x20xf32>, %z: memref<5x20xf32>, %t: memref<2x4x15xf32>, %w: memref<2x15x16x2xbf16>, %f: memref<2x30x16xf32>) attributes {kernel.target = #bf16} {
  // CHECK: %[[WORDS:.*]] = kernel.buffer : memref<5x15xi32, strided<[16, 1]>>
  // CHECK: kernel.round %[[X]] into %[[WORDS]] rows_per_task 16
  // CHECK: kernel.linear %[[WORDS]], %{{.*}} into %[[Y]]
  kernel.linear %x, %w into %y activation none : memref<5x30xf32>, memref<2x15x16x2xbf16>, memref<5x20xf32>
  // CHECK-NOT: kernel.round
  // CHECK: kernel.linear %[[WORDS]], %{{.*}} into %[[Z]]
  kernel.linear %x, %w into %z activation relu : memref<5x30xf32>, memref<2x15x16x2xbf16>, memref<5x20xf32>
  // Weights of f32 take what is there.
  // CHECK: kernel.linear %[[X]], %{{.*}} into %[[Z]]
  kernel.linear %x, %f into %z activation none : memref<5x30xf32>, memref<2x30x16xf32>, memref<5x20xf32>
  // CHECK: kernel.rotary %[[X]] by %{{.*}} into %[[X]]
  kernel.rotary %x by %t into %x : memref<5x30xf32>, memref<2x4x15xf32>, memref<5x30xf32>
  // CHECK: %[[AGAIN:.*]] = kernel.buffer : memref<5x15xi32, strided<[16, 1]>>
  // CHECK: kernel.round %[[X]] into %[[AGAIN]] rows_per_task 16
  // CHECK: kernel.linear %[[AGAIN]], %{{.*}} into %[[Z]]
  kernel.linear %x, %w into %z activation none : memref<5x30xf32>, memref<2x15x16x2xbf16>, memref<5x20xf32>
  return
}

// Attention that says so, and whose keys are packed for it alone.
// CHECK-LABEL: func.func @attention(
// CHECK-SAME: %[[P:[^:]*]]: memref<3x2x21x24xf32,
func.func @attention(%p: memref<3x2x21x24xf32, strided<[1344, 672, 32, 1]>>, %y: memref<21x48xf32>, %z: memref<21x48xf32>, %given: memref<2x2x24x16xf32>) attributes {kernel.target = #bf16} {
  %keys = kernel.buffer : memref<2x2x24x16xf32>
  // CHECK: %[[KEYS:.*]] = kernel.buffer : memref<2x2x12x16x2xbf16>
  // CHECK: kernel.pack_keys %[[P]][1] into %[[KEYS]]
  kernel.pack_keys %p[1] into %keys : memref<3x2x21x24xf32, strided<[1344, 672, 32, 1]>>, memref<2x2x24x16xf32>
  // CHECK: %[[VALUES:.*]] = kernel.buffer : memref<2x2x11x16x2xbf16>
  // CHECK: kernel.pack_values %[[P]][2] into %[[VALUES]]
  // CHECK: kernel.attention %[[P]][0], %[[KEYS]], %[[VALUES]][0] into %{{.*}} head_dim 24 keys 21 scale 2.500000e-01 precision<bf16> :
  kernel.attention %p[0], %keys, %p[2] into %y head_dim 24 keys 21 scale 0.25 precision<bf16> : memref<3x2x21x24xf32, strided<[1344, 672, 32, 1]>>, memref<2x2x24x16xf32>, memref<3x2x21x24xf32, strided<[1344, 672, 32, 1]>>, memref<21x48xf32>
  // CHECK-NOT: kernel.pack_values
  // CHECK: kernel.attention %[[P]][0], %{{.*}}, %[[P]][2] into
  kernel.attention %p[0], %given, %p[2] into %z head_dim 24 keys 21 scale 0.25 precision<bf16> : memref<3x2x21x24xf32, strided<[1344, 672, 32, 1]>>, memref<2x2x24x16xf32>, memref<3x2x21x24xf32, strided<[1344, 672, 32, 1]>>, memref<21x48xf32>
  return
}

// CHECK-LABEL: func.func @f32(
func.func @f32(%p: memref<3x2x21x24xf32, strided<[1344, 672, 32, 1]>>, %y: memref<21x48xf32>) attributes {kernel.target = #bf16} {
  %keys = kernel.buffer : memref<2x2x24x16xf32>
  // CHECK: kernel.pack_keys {{.*}} memref<2x2x24x16xf32>
  kernel.pack_keys %p[1] into %keys : memref<3x2x21x24xf32, strided<[1344, 672, 32, 1]>>, memref<2x2x24x16xf32>
  // CHECK-NOT: kernel.pack_values
  kernel.attention %p[0], %keys, %p[2] into %y head_dim 24 keys 21 scale 0.25 : memref<3x2x21x24xf32, strided<[1344, 672, 32, 1]>>, memref<2x2x24x16xf32>, memref<3x2x21x24xf32, strided<[1344, 672, 32, 1]>>, memref<21x48xf32>
  return
}

// CHECK-LABEL: func.func @patch_embedding(
// CHECK-SAME: %[[X:[^:]*]]: memref<3x8x12xf32>
func.func @patch_embedding(%x: memref<3x8x12xf32>, %w: memref<2x24x16x2xbf16>, %a: memref<7x32xf32>, %y: memref<7x24xf32>) attributes {kernel.target = #bf16} {
  // CHECK: %[[WORDS:.*]] = kernel.buffer : memref<24x6xi32, strided<[16, 1]>>
  // CHECK: kernel.round %[[X]] into %[[WORDS]] rows_per_task 16
  // CHECK: kernel.patch_embedding %[[WORDS]], %{{.*}} patch [4, 4]
  kernel.patch_embedding %x, %w, %a into %y patch [4, 4] : memref<3x8x12xf32>, memref<2x24x16x2xbf16>, memref<7x32xf32>, memref<7x24xf32>
  return
}

// Queries without room for vectors.
// CHECK-LABEL: func.func @narrow(
// CHECK-NOT: kernel.pack_values
// CHECK: return
func.func @narrow(%q: memref<1x2x21x24xf32>, %p: memref<3x2x21x24xf32, strided<[1344, 672, 32, 1]>>, %y: memref<21x48xf32>) attributes {kernel.target = #bf16} {
  %keys = kernel.buffer : memref<2x2x24x16xf32>
  kernel.pack_keys %p[1] into %keys : memref<3x2x21x24xf32, strided<[1344, 672, 32, 1]>>, memref<2x2x24x16xf32>
  kernel.attention %q[0], %keys, %p[2] into %y head_dim 24 keys 21 scale 0.25 precision<bf16> : memref<1x2x21x24xf32>, memref<2x2x24x16xf32>, memref<3x2x21x24xf32, strided<[1344, 672, 32, 1]>>, memref<21x48xf32>
  return
}

// No instruction for it.
// CHECK-LABEL: func.func @other(
// CHECK-NOT: kernel.round
// CHECK-NOT: kernel.pack_values
// CHECK: return
func.func @other(%x: memref<5x30xf32>, %z: memref<5x20xf32>, %w: memref<2x15x16x2xbf16>, %p: memref<3x2x21x24xf32, strided<[1344, 672, 32, 1]>>, %y: memref<21x48xf32>) attributes {kernel.target = #other} {
  kernel.linear %x, %w into %z activation none : memref<5x30xf32>, memref<2x15x16x2xbf16>, memref<5x20xf32>
  %keys = kernel.buffer : memref<2x2x24x16xf32>
  kernel.pack_keys %p[1] into %keys : memref<3x2x21x24xf32, strided<[1344, 672, 32, 1]>>, memref<2x2x24x16xf32>
  kernel.attention %p[0], %keys, %p[2] into %y head_dim 24 keys 21 scale 0.25 precision<bf16> : memref<3x2x21x24xf32, strided<[1344, 672, 32, 1]>>, memref<2x2x24x16xf32>, memref<3x2x21x24xf32, strided<[1344, 672, 32, 1]>>, memref<21x48xf32>
  return
}
