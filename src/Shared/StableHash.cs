namespace Resilient.Llm.Shared;

/// <summary>A hash of text that is the same in every process, so that instances agree without communication. Not for secrets.</summary>
/// <remarks>
/// FNV-1a (G. Fowler, L. Noll, K.-P. Vo), with MurmurHash3's finalizer (A. Appleby), since the last letters move too few bits.
/// </remarks>
internal static class StableHash
{
    /// <summary>The hash of a text. The seed is the hash of the text before it.</summary>
    public static ulong Of(ReadOnlySpan<char> text, ulong seed = 0)
    {
        var hash = 14695981039346656037 ^ seed;
        foreach (var character in text)
        {
            hash = (hash ^ character) * 1099511628211;
        }

        hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccd;
        hash = (hash ^ (hash >> 33)) * 0xc4ceb9fe1a85ec53;
        return hash ^ (hash >> 33);
    }
}
