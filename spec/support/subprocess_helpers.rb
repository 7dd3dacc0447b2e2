# frozen_string_literal: true

require "open3"
require "rbconfig"
require "tmpdir"

# Programs run in a Ruby of their own: for what would harm this process, and for what depends on a fresh one.
module SubprocessHelpers
  Subprocess = Struct.new(:stdout, :stderr, :status) do
    def success? = status.success?

    # What a failing expectation should show.
    def to_s = "#{status}\n--- stdout\n#{stdout}\n--- stderr\n#{stderr}"
  end

  LIB = File.expand_path("../../lib", __dir__)

  # Runs Ruby code in a new process with this gem's lib/ on the load path (nothing is required for it).
  #
  # @param code [String] the program; a file is made of it, so that it is UTF-8 under LANG=C too
  # @param args [Array<String>] its ARGV
  # @param options [Array<String>] options of the interpreter; without the default the gem is not on the load path
  # @param env [Hash{String => String, nil}] variables set, or with nil unset
  # @param stdin [String] what it reads
  # @param chdir [String] its working folder
  # @return [Subprocess] stdout and stderr as UTF-8, status
  # @example
  #   in_subprocess('require "msgpack-ext"; p MessagePack.pack(1)').stdout # => "\"\\x01\"\n"
  def in_subprocess(code, *args, options: ["-I", LIB], **process)
    Dir.mktmpdir("msgpack-ext-spec") do |dir|
      program = File.join(dir, "program.rb")
      File.write(program, code)
      run_program(RbConfig.ruby, *options, program, *args, **process)
    end
  end

  # Runs a program and fails unless it prints these lines, and neither more nor any warning.
  #
  # @param code [String]
  # @param lines [Array<String>]
  def expect_lines(code, lines)
    result = in_subprocess(code, options: ["-w", "-W:no-experimental", "-I", LIB])
    expect(result.stdout.lines(chomp: true)).to eq(lines), result.to_s
    expect(result.stderr).to eq("")
  end

  # Runs any program.
  #
  # @return [Subprocess]
  def run_program(*command, env: {}, stdin: "", chdir: Dir.pwd)
    out, err, status = Open3.capture3(env, *command, stdin_data: stdin, chdir: chdir, binmode: true)
    Subprocess.new(out.force_encoding(Encoding::UTF_8), err.force_encoding(Encoding::UTF_8), status)
  end
end
