/** The HTTP/1.1 server below simulated engines and providers, and the faults that they share. */
@NullMarked
package dev.warmpath.e2e.http;

import org.jspecify.annotations.NullMarked;
