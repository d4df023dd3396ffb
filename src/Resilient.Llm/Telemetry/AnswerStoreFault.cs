namespace Resilient.Llm.Telemetry;

/// <summary>What went wrong with a distributed store. It never fails a request.</summary>
internal enum AnswerStoreFault
{
    ReadFailed,
    ReadTimedOut,

    EntryUnreadable,
    WriteFailed,
    WriteTimedOut,

    WriteDropped,
}
