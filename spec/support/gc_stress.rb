# frozen_string_literal: true

# GC_STRESS=1 runs the examples tagged :gc_stress, and only those, with a collection at every allocation. They compare
# contents: an object that nothing marks is overwritten long before anything crashes.
if ENV["GC_STRESS"].to_s.match?(/\A[1-9]/)
  RSpec.configure do |config|
    config.filter_run_including :gc_stress

    config.around(:each, :gc_stress) do |example|
      GC.stress = true
      example.run
    ensure
      GC.stress = false
    end
  end
end
