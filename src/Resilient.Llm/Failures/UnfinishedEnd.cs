using System.Text;
using Microsoft.Extensions.AI;

namespace Resilient.Llm.Failures;

/// <summary>What a stream has brought that is decided at its end: a refusal in pieces, and tool calls.</summary>
internal sealed class UnfinishedEnd
{
    private readonly StringBuilder _refusal = new();

    /// <summary>Whether the model refuses.</summary>
    public bool IsRefused { get; private set; }

    /// <summary>Whether pieces of a tool call have come whose adapter hands the call over at the end.</summary>
    public bool IsCallMissing { get; set; }

    /// <summary>Tool calls that cannot be read, kept back until the finish reason is known.</summary>
    public List<AIContent> BrokenCalls { get; } = [];

    public void Refuse(string words)
    {
        IsRefused = true;
        _refusal.Append(words);
    }

    /// <summary>The words of the refusal, once; null if an adapter has shown them itself.</summary>
    public ErrorContent? TakeRefusal()
    {
        if (_refusal.Length == 0)
        {
            return null;
        }

        // As adapters show the refusal of a plain answer.
        var refusal = new ErrorContent(_refusal.ToString()) { ErrorCode = "Refusal" };
        _refusal.Clear();
        return refusal;
    }

    /// <summary>Notes that an adapter has shown the refusal itself.</summary>
    public void NoteShown()
    {
        IsRefused = true;
        _refusal.Clear();
    }
}
