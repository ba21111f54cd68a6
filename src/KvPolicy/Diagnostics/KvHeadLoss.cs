namespace CurKv.KvPolicy.Diagnostics;

/// <summary>What one KV head loses by an eviction, seen by the prompt's last queries.</summary>
/// <param name="RetainedMass">
/// The share of attention that falls on kept tokens before the eviction, from 0 to 1: the mean over the queries of the head's group.
/// </param>
/// <param name="OutputError">
/// How far attention's outputs move: <c>‖AV − A_S·V_S‖ / ‖AV‖</c> over the queries of the head's group (Frobenius), where
/// <c>A_S</c> is the softmax over the kept tokens alone. 0 where nothing moves; it may exceed 1.
/// </param>
public readonly record struct KvHeadLoss(double RetainedMass, double OutputError);
