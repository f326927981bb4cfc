/** Benchmarks. */
@NullMarked
package dev.warmpath.e2e.bench;

import org.jspecify.annotations.NullMarked;
