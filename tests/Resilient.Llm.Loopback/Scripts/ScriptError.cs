namespace Resilient.Llm.Loopback;

/// <summary>A refusal by HTTP status whose body differs between providers.</summary>
public enum ScriptError
{
    /// <summary>The body that the provider sends for <see cref="Script.StatusCode"/>.</summary>
    Generic,

    /// <summary>The prompt is longer than the model's context window.</summary>
    ContextTooLong,

    /// <summary>The account's credit or quota is used up.</summary>
    QuotaExhausted,

    /// <summary>The prompt or the answer was blocked by a content filter.</summary>
    ContentFilter,

    /// <summary>
    /// The request is larger than the account's limit of tokens a minute, or than the server takes: waiting does not help.
    /// </summary>
    RequestTooLarge,

    /// <summary>The model cannot call tools.</summary>
    ToolsUnsupported,
}
