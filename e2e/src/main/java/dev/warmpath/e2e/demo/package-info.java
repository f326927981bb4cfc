/** The demo. */
@NullMarked
package dev.warmpath.e2e.demo;

import org.jspecify.annotations.NullMarked;
