using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Resilient.Llm.Requests;

/// <summary>Identifies a question: the SHA-256 digest of a canonical encoding of everything that shapes the answer.</summary>
/// <remarks>
/// The digest is also the key inside the process, where a cheaper hash with full comparison would do: it keeps no prompt in memory while
/// its answer lives, takes 32 bytes whatever the length of the conversation, and an attacker cannot craft two questions that collide,
/// within a tenant or across.
/// </remarks>
internal sealed class AnswerKey : IEquatable<AnswerKey>
{
    private readonly UInt128 _high;
    private readonly UInt128 _low;

    private AnswerKey(UInt128 high, UInt128 low) => (_high, _low) = (high, low);

    public static AnswerKey Of(ReadOnlySpan<byte> encoding)
    {
        Span<UInt128> digest = stackalloc UInt128[2];
        SHA256.HashData(encoding, MemoryMarshal.AsBytes(digest));
        return new(digest[0], digest[1]);
    }

    public bool Equals(AnswerKey? other) => other is not null && _high == other._high && _low == other._low;

    public override bool Equals(object? obj) => Equals(obj as AnswerKey);

    public override int GetHashCode() => (int)_low;

    /// <summary>The answer's name in a shared store. The prefix carries the version of payload and encoding.</summary>
    public override string ToString()
    {
        ReadOnlySpan<UInt128> digest = [_high, _low];
        return "resilient-llm:a2:" + Convert.ToHexStringLower(MemoryMarshal.AsBytes(digest));
    }
}
