using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Resilient.Llm.Requests;
using Resilient.Llm.Telemetry;

namespace Resilient.Llm.Caching;

/// <summary>Writes the encoding behind an <see cref="AnswerKey"/>: items carry their length, so no two sequences look alike.</summary>
internal ref struct AnswerKeyWriter : IDisposable
{
    /// <summary>From this size on the digest of the bytes replaces the bytes, so that pictures are not copied.</summary>
    private const int LargeBlob = 64 * 1024;

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(1024);
    private int _length;
    private Dictionary<string, int>? _ids;

    public AnswerKeyWriter()
    {
    }

    /// <summary>Whether anything without a canonical encoding was written: the request then has no key.</summary>
    public readonly bool IsRefused => Refusal != AnswerNotStored.None;

    /// <summary>Why the request has no key: the first reason.</summary>
    public AnswerNotStored Refusal { get; private set; }

    public void Refuse(AnswerNotStored reason) => Refusal = IsRefused ? Refusal : reason;

    public readonly AnswerKey? ToKey() => IsRefused ? null : AnswerKey.Of(_buffer.AsSpan(0, _length));

    public void Byte(byte value) => Reserve(1)[0] = value;

    public void Int(int value) => BinaryPrimitives.WriteInt32LittleEndian(Reserve(sizeof(int)), value);

    public void Long(long value) => BinaryPrimitives.WriteInt64LittleEndian(Reserve(sizeof(long)), value);

    public void Flag(bool? value) => Byte(value switch { null => 0, false => 1, true => 2 });

    public void Optional(long? value)
    {
        Flag(value.HasValue ? true : null);
        Long(value.GetValueOrDefault());
    }

    /// <summary>The bits, not the text: exact and the same in every culture.</summary>
    public void Optional(float? value)
    {
        Flag(value.HasValue ? true : null);
        Int(BitConverter.SingleToInt32Bits(value.GetValueOrDefault()));
    }

    /// <summary>The UTF-16 code units, without normalisation: unpaired surrogates stay distinct.</summary>
    public void String(string? value)
    {
        if (value is null)
        {
            Int(-1);
            return;
        }

        Int(value.Length);
        var target = Reserve(value.Length * sizeof(char));
        if (BitConverter.IsLittleEndian)
        {
            MemoryMarshal.AsBytes(value.AsSpan()).CopyTo(target);
            return;
        }

        for (var i = 0; i < value.Length; i++)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(target[(i * sizeof(char))..], value[i]);
        }
    }

    /// <summary>A tag and its texts.</summary>
    public void Texts(byte tag, params ReadOnlySpan<string?> values)
    {
        Byte(tag);
        foreach (var value in values)
        {
            String(value);
        }
    }

    /// <summary>
    /// An id that belongs together with others of the same text. The text itself differs from run to run and says nothing.
    /// </summary>
    public void Id(string? value)
    {
        if (value is null)
        {
            Int(-1);
            return;
        }

        _ids ??= [];
        if (!_ids.TryGetValue(value, out var number))
        {
            _ids.Add(value, number = _ids.Count);
        }

        Int(number);
    }

    public void Numbers(params ReadOnlySpan<long?> values)
    {
        foreach (var value in values)
        {
            Optional(value);
        }
    }

    public void List(IEnumerable<string>? items)
    {
        foreach (var item in items ?? [])
        {
            Texts(1, item);
        }

        Byte(0);
    }

    public void Bytes(ReadOnlySpan<byte> value)
    {
        Int(value.Length);
        if (value.Length < LargeBlob)
        {
            value.CopyTo(Reserve(value.Length));
        }
        else
        {
            SHA256.HashData(value, Reserve(SHA256.HashSizeInBytes));
        }
    }

    /// <summary>Returns the buffer, cleared: it held a prompt.</summary>
    public void Dispose()
    {
        var buffer = _buffer;
        _buffer = [];
        if (buffer.Length > 0)
        {
            buffer.AsSpan(0, _length).Clear();
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private Span<byte> Reserve(int count)
    {
        var needed = checked(_length + count);
        if (needed > _buffer.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(needed, _buffer.Length * 2));
            _buffer.AsSpan(0, _length).CopyTo(larger);
            _buffer.AsSpan(0, _length).Clear();
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
        }

        var span = _buffer.AsSpan(_length, count);
        _length = needed;
        return span;
    }
}
