/**
 * The control plane: {@code dev.warmpath.controlplane.ControlPlaneMain} wires the packages below
 * it.
 */
@NullMarked
package dev.warmpath.controlplane;

import org.jspecify.annotations.NullMarked;
