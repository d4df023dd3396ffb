namespace Resilient.Llm.Loopback;

/// <summary>The place in a stream at which a <see cref="ScriptFault"/> comes. Plain answers know no places.</summary>
public enum ScriptPlace
{
    /// <summary>After <see cref="Script.AfterContents"/> contents.</summary>
    AmongContents,

    /// <summary>
    /// When the tool call is whole, before the finish reason. Anthropic's SDK has handed the call over by then; of OpenAI's, adapters
    /// make a call only when the stream has ended.
    /// </summary>
    AfterToolCall,

    /// <summary>After the finish reason, before what closes the stream.</summary>
    AfterFinish,

    /// <summary>After a tool that the provider runs itself has started, before it is done: see <see cref="Script.HostedTool"/>.</summary>
    InHostedTool,
}
