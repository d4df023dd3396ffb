using GameDay.Replay;

switch (args)
{
    case ["replay", .. var rest]:
        return await ReplayCommand.RunAsync(rest, Console.Out);
    default:
        await Console.Error.WriteLineAsync(ReplayArguments.Usage);
        return args is ["--help" or "-h"] ? 0 : 2;
}
