/** Persists decisions before they are served. */
@NullMarked
package dev.warmpath.controlplane.store;

import org.jspecify.annotations.NullMarked;
