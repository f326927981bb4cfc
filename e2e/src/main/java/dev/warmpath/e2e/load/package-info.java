/** Workloads and the load generator. */
@NullMarked
package dev.warmpath.e2e.load;

import org.jspecify.annotations.NullMarked;
