namespace Resilient.Llm.Telemetry;

/// <summary>What went wrong with a distributed store. None of it fails a request.</summary>
internal enum AnswerStoreFault
{
    ReadFailed,
    ReadTimedOut,

    /// <summary>The entry is not an answer of this library to this question.</summary>
    EntryUnreadable,
    WriteFailed,
    WriteTimedOut,

    /// <summary>Too many writes were in progress already.</summary>
    WriteDropped,
}
