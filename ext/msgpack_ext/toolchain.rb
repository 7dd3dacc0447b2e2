# frozen_string_literal: true

require "rbconfig"

# What building needs beside Ruby: cargo and rustc, and the libclang that bindgen loads. Used by extconf.rb, and by
# bin/setup from the command line; each check answers with nil or with a text that says what is wrong and what helps.
module Toolchain
  MINIMUM_RUST = "1.85"

  # Where clang-sys, which loads libclang for bindgen, looks on its own: on Linux and the BSDs, and on macOS.
  LIBCLANG_FOLDERS = %w[
    /usr/local/llvm*/lib* /usr/local/lib*/*/* /usr/local/lib*/* /usr/local/lib* /usr/lib*/*/* /usr/lib*/* /usr/lib*
    /usr/local/opt/llvm*/lib /opt/homebrew/opt/llvm*/lib /Library/Developer/CommandLineTools/usr/lib
    /Applications/Xcode.app/Contents/Developer/Toolchains/XcodeDefault.xctoolchain/usr/lib
  ].freeze
  LIBCLANG_FILES = "{libclang.so,libclang-*.so,libclang.so.*,libclang-*.so.*,libclang.dylib}"

  module_function

  # @param command [String] the program, as the Makefile will call it
  # @return [String, nil] why Rust cannot build this gem
  def rust_problem(command = ENV.fetch("CARGO", "cargo"))
    found = IO.popen([command, "--version"], err: File::NULL, &:read)[/\d+\.\d+(\.\d+)?/]
    return nil if found && Gem::Version.new(found) >= Gem::Version.new(MINIMUM_RUST)

    "#{found ? "#{command} #{found} is too old" : "`#{command} --version` does not work"}: #{rust_advice}"
  rescue SystemCallError
    "there is no `#{command}` on the PATH: #{rust_advice}"
  end

  def rust_advice
    "this gem is built from Rust source and needs Rust #{MINIMUM_RUST} or later. Get it from https://rustup.rs " \
      "(Debian's own package may be too old), or update it with `rustup update`."
  end

  # @return [String, nil] why bindgen will probably not find libclang, or not its headers
  def libclang_problem
    libraries = libclang
    return libclang_advice("no libclang was found, which bindgen needs to read ruby.h") if libraries.empty?
    return nil unless File.exist?("/etc/debian_version") && !ENV.key?("LIBCLANG_PATH")
    return nil if libraries.any? { |path| Dir.glob("clang/*/include/stdarg.h", base: File.dirname(path)).any? }

    libclang_advice("libclang is there but not its headers (stdarg.h and others)")
  end

  def libclang_advice(problem)
    "#{problem}: on Debian or Ubuntu install libclang1-N and libclang-common-N-dev (one N for both; 'apt-cache " \
      "search libclang1' lists them), elsewhere LLVM's clang; or set LIBCLANG_PATH to the folder that holds it."
  end

  # @return [Array<String>] the shared libraries that clang-sys would choose from
  def libclang
    chosen = ENV.fetch("LIBCLANG_PATH", nil)
    return (File.file?(chosen) ? [chosen] : libclang_in([chosen])) if chosen

    folders = LIBCLANG_FOLDERS.flat_map { |pattern| Dir.glob(pattern) }
    folders.concat(%w[LD_LIBRARY_PATH LIBRARY_PATH].flat_map { |key| ENV.fetch(key, "").split(File::PATH_SEPARATOR) })
    libclang_in(folders + llvm_folders)
  end

  def libclang_in(folders)
    found = folders.uniq.flat_map { |folder| Dir.glob(LIBCLANG_FILES, base: folder).map { |f| File.join(folder, f) } }
    # libclang-cpp is the C++ interface, no use to bindgen.
    found.reject { |path| File.basename(path).include?("-cpp.") }
  end

  def llvm_folders
    prefix = IO.popen([ENV.fetch("LLVM_CONFIG_PATH", "llvm-config"), "--prefix"], err: File::NULL, &:read).strip
    prefix.empty? ? [] : [File.join(prefix, "lib"), File.join(prefix, "lib64")]
  rescue SystemCallError
    []
  end
end

if $PROGRAM_NAME == __FILE__
  problems = [Toolchain.rust_problem, Toolchain.libclang_problem].compact
  warn(*problems)
  exit problems.empty?
end
