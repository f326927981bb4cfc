/** The append-only record of each push and its reason. */
@NullMarked
package dev.warmpath.controlplane.audit;

import org.jspecify.annotations.NullMarked;
