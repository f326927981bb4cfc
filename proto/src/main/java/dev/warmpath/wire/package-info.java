/** Names that data path, control plane and Envoy have to agree on. */
@NullMarked
package dev.warmpath.wire;

import org.jspecify.annotations.NullMarked;
