import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { JSX } from "react";

import { restartService } from "../../api/actions";
import type { Service } from "../../api/queries";
import { Confirm } from "../../parts/Confirm";
import { Trouble } from "../../parts/Fault";
import { Icon } from "../../parts/Icon";

/** Only processes of this machine are restarted from here. */
export function Restart({ one }: { one: Service }): JSX.Element | null {
  const client = useQueryClient();
  const restart = useMutation({
    mutationFn: () => restartService(one.name),
    onSettled: () => client.invalidateQueries({ queryKey: ["services"] }),
  });
  if (!one.can_restart) return null;
  return (
    <>
      <Confirm ask={`Restart ${one.name}`} label={`Restart ${one.name}`} disabled={restart.isPending} onConfirm={() => restart.mutate()}>
        <Icon name="restart" size={14} />
        {restart.isPending ? "Asking" : "Restart"}
      </Confirm>
      {restart.error ? <Trouble error={restart.error} /> : null}
    </>
  );
}
