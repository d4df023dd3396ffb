namespace Resilient.Llm.Telemetry;

/// <summary>What went wrong with a distributed store. None of it fails a request.</summary>
internal enum AnswerStoreFault
{
    ReadFailed,
    ReadTimedOut,

    /// <summary>The entry is no answer of ours to this question.</summary>
    EntryUnreadable,
    WriteFailed,
    WriteTimedOut,

    /// <summary>Too many writes were under way already.</summary>
    WriteDropped,
}
