namespace Resilient.Llm.Telemetry;

/// <summary>Why an answer is not stored. The names are the values of a metric's tag.</summary>
internal enum AnswerNotStored
{
    /// <summary>It is stored.</summary>
    None = 0,

    /// <summary>No store lies where the data may go, or it is unknown where it may go.</summary>
    Residency,

    /// <summary>The question: a provider holds a part of it (a conversation, a background response).</summary>
    ProviderState,

    /// <summary>The question: options that only one provider or framework understands.</summary>
    ProviderOptions,

    /// <summary>The question: a tool whose results depend on what no key shows.</summary>
    HostedTool,

    /// <summary>The question: content that has no canonical form.</summary>
    QuestionContent,

    /// <summary>The question: not one that the narrow scope is meant for.</summary>
    Scope,

    /// <summary>The answer: the model did not come to its end.</summary>
    Incomplete,

    /// <summary>The answer: it holds more than text, for example a tool call or data.</summary>
    AnswerContent,

    /// <summary>The answer: there is no text in it.</summary>
    NoText,

    /// <summary>The answer: an error page or an error object in place of an answer.</summary>
    ErrorPage,

    /// <summary>The answer: a ladder below gave one that is degraded, continued, or no model's.</summary>
    Degraded,

    /// <summary>The answer: a ladder below gave one without a report.</summary>
    NoReport,

    /// <summary>The answer: larger than all the memory for answers.</summary>
    TooLarge,
}
